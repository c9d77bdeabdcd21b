using ManagedOAuth.Token.Expiry;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Revocation;
using ManagedOAuth.Token.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.Token.Tests;

/// <summary>Records that go when nothing can need them any more, and not before.</summary>
public sealed class LeftoverTests(TokenFlowTests.Fixture fixture) : IClassFixture<TokenFlowTests.Fixture>
{
    private IServiceProvider Services => fixture.Cluster.Replicas[0].Services;

    private IDocumentStore Store => Services.GetRequiredService<IDocumentStore>();

    [Fact]
    public async Task WholeRevocations_GoWhenNoLoginBeforeThemCanOpenAnything()
    {
        var (user, client) = ($"left-{Guid.NewGuid():N}@example.com", Guid.NewGuid().ToString("N"));
        var noted = Services.GetRequiredService<RevokedSubjects>();
        var now = DateTimeOffset.UtcNow;
        await noted.NoteAsync(user, null, "", now, default);
        await noted.NoteAsync("", null, client, now, default);
        var login = A.Issued() with { LoginAt = now.AddMinutes(-1), Identity = A.Identity() with { AuthenticatedAt = now.AddMinutes(-1) }, Subject = A.Subject with { Email = user } };
        var ofClient = A.Issued() with { LoginAt = now.AddMinutes(-1), Subject = A.Subject with { Email = "other@example.com", ClientId = client } };

        await SweepAsync(now.AddDays(31));
        Assert.Equal((true, true), (await noted.CoversAsync(login, default), await noted.CoversAsync(ofClient, default)));
        await SweepAsync(now.AddDays(33));
        Assert.Equal((false, false), (await noted.CoversAsync(login, default), await noted.CoversAsync(ofClient, default)));
    }

    [Fact]
    public async Task UsesOfEndedGrants_GoAMonthLater_AndThoseOfLiveOnesStay()
    {
        var (live, ended) = (await fixture.Cluster.LoginAsync(), await fixture.Cluster.LoginAsync());
        await fixture.Cluster.Replicas[0].RevokeAsync(ended.Refresh);
        var now = DateTimeOffset.UtcNow;
        await Services.GetRequiredService<GrantUseLog>().NoteAsync(new Dictionary<Guid, DateTimeOffset> { [live.GrantId] = now, [ended.GrantId] = now }, default);

        await SweepAsync(now.AddDays(29));
        Assert.Equal(2, await CountAsync(live, ended));
        await SweepAsync(now.AddDays(31));
        Assert.Equal((1, 0), (await CountAsync(live), await CountAsync(ended)));
    }

    private Task SweepAsync(DateTimeOffset now) => new LeftoverSweep(Store, new MovedClock { Now = now }, NullLogger<LeftoverSweep>.Instance).RunAsync(default);

    private async Task<int> CountAsync(params Tokens[] grants)
    {
        await using var session = Store.QuerySession();
        return (await GrantUseLog.OfAsync(session, grants.Select(tokens => tokens.GrantId), default)).Count;
    }
}
