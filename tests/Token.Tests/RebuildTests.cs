using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Keys.Signing;
using ManagedOAuth.Token.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ManagedOAuth.Token.Tests;

/// <summary>Grants and the ring of signing keys hold nothing that their events do not say.</summary>
public sealed class RebuildTests : IAsyncLifetime
{
    private TokenCluster _cluster = null!;

    private IServiceProvider Services => _cluster.Replicas[0].Services;

    public async Task InitializeAsync() => _cluster = await TokenCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Snapshots_RebuiltFromTheEvents_AreTheSame()
    {
        await LiveAsync();
        await Services.GetRequiredService<SigningKeys>().ChangeIntervalAsync(30, "admin", default);
        var store = Services.GetRequiredService<IDocumentStore>();
        var (before, after) = await FoldedRows.EmptyAndRebuildAsync(Services.GetRequiredService<NpgsqlDataSource>(), "token", async () =>
        {
            foreach (var name in store.Advanced.ProjectionNames)
            {
                await store.Advanced.RebuildProjectionAsync(name);
            }
        });
        Assert.Equal(before, after);
    }

    // As clients live, and every event that they do not cause written by itself.
    private async Task LiveAsync()
    {
        var replica = _cluster.Replicas[0];
        var tokens = await _cluster.LoginAsync();
        var refreshed = (await replica.RefreshAsync(tokens.Refresh)).Tokens!;
        await replica.RefreshAsync(tokens.Refresh);
        await replica.RevokeAsync(refreshed.Access);
        var next = (await replica.RefreshAsync(refreshed.Refresh)).Tokens!;
        await replica.RefreshAsync(next.Refresh);
        await replica.RefreshAsync(tokens.Refresh);
        await replica.RevokeAsync((await _cluster.LoginAsync()).Refresh);

        await AppendAsync(new LinkedAccessGiven { Subject = A.Subject, Decision = A.Allowed, LinkedTo = Guid.NewGuid(), AssertionExpiresAt = A.Now });
        await AppendAsync(new GrantIdentityChanged { Subject = A.Subject, Identity = A.Identity("new@example.com"), Decision = A.Allowed, ChangedAt = A.Now });
        await AppendAsync(new GrantRefreshDenied { Subject = A.Subject, Decision = A.Denied, EndedAt = A.Now, AccessEndsAt = A.Now });
        await AppendAsync(new GrantDenied { Subject = A.Subject, Decision = A.Denied, EndedAt = A.Now, AccessEndsAt = A.Now });
        await AppendAsync(new GrantExpired { Subject = A.Subject, Decision = A.Allowed, EndedAt = A.Now, AccessEndsAt = A.Now });
    }

    private async Task AppendAsync(object change)
    {
        await using var session = Services.GetRequiredService<IDocumentStore>().LightweightSession();
        session.Events.StartStream<Grant>(Guid.NewGuid(), A.Issued(kind: GrantKind.Browser), change);
        await session.SaveChangesAsync();
    }
}
