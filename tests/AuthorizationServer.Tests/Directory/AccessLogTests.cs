using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.Hosting;
using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Policies;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ManagedOAuth.AuthorizationServer.Tests.Directory;

/// <summary>The authentication log in its database.</summary>
[Collection(ServiceTests.Name)]
public sealed class AccessLogTests(Service service)
{
    private IDocumentStore Store => service.Services.GetRequiredService<IDocumentStore>();

    private AccessLog Log => service.Services.GetRequiredService<AccessLog>();

    [Fact]
    public async Task Lines_MadeAnewFromTheEvents_AreTheSame()
    {
        var session = await LogInAsync();
        foreach (var index in Enumerable.Range(0, 5))
        {
            await Log.AllowedAsync(Flow(index), session, new PolicyDecision { Outcome = PolicyOutcome.Allow, PolicyName = "Yes", PolicyVersion = index, Rule = "include everyone" }, "203.0.113.1", default);
            await Log.DeniedAsync(session, Denied(session, "policy") with { ClientAddress = "203.0.113.1" }, default);
            await Log.DeniedAsync(session, Denied(session, "user"), default);
        }

        var before = await AllAsync();
        Assert.Equal(10, before.Count(line => line.LoginId == session.LoginId));
        Assert.All(before.Where(line => line.LoginId == session.LoginId), line => Assert.Equal((session.ProviderId, "oidc", "SE"), (line.ProviderId, line.Connection, line.Country)));
        await Log.RebuildAsync(default);
        Assert.Equal(before, await AllAsync());
        await Log.RebuildAsync(default);
        Assert.Equal(before, await AllAsync());
    }

    [Fact]
    public async Task LineOfAnOldDenial_ThatDoesNotNameTheProvider_HasThatOfItsLogin()
    {
        var session = await LogInAsync();
        await using (var unit = Store.LightweightSession())
        {
            unit.Events.Append(session.LoginId, Denied(session, "policy"));
            await unit.SaveChangesAsync();
        }

        await Log.RebuildAsync(default);
        var line = (await AllAsync()).Single(line => line.LoginId == session.LoginId);
        Assert.Equal((session.ProviderId, "oidc"), (line.ProviderId, line.Connection));
    }

    [Fact]
    public async Task Query_ForWhatAPolicyDidNotDecide_HasTheDefaultDenialsToo()
    {
        var (session, policy) = (await LogInAsync(), Guid.NewGuid());
        await Log.DeniedAsync(session, Denied(session, "policy") with { PolicyId = policy }, default);
        await Log.DeniedAsync(session, Denied(session, "policy") with { PolicyId = Guid.NewGuid() }, default);
        await Log.DeniedAsync(session, Denied(session, "policy"), default);
        Assert.Equal(2, await CountAsync("policy_id", policy.ToString(), not: true));
        Assert.Equal(1, await CountAsync("policy_id", policy.ToString(), not: false));
        Assert.Equal(3, await CountAsync("app_id_any", $"{Guid.NewGuid()},{Service.Plain.Id}", not: false));
        Assert.Equal(0, await CountAsync("app_id_any", "", not: false));

        async Task<int> CountAsync(string field, string value, bool not)
        {
            var query = AccessRequestQuery.Of(new AccessRequestsRequest
            {
                Filters = { new AccessRequestFilter { Field = "user_id", Value = session.UserId.ToString() }, new AccessRequestFilter { Field = field, Value = value, Not = not } },
            });
            await using var unit = Store.QuerySession();
            return (await unit.QueryAsync<AccessRequest>($"where {query.Conditions}", default, [.. query.Values])).Count(line => line.LoginId == session.LoginId);
        }
    }

    [Fact]
    public async Task Lines_WhoseTimeIsOver_AreForgotten_AndDoNotComeBack()
    {
        var session = await LogInAsync();
        await Log.DeniedAsync(session, Denied(session, "policy"), default);
        var line = (await AllAsync()).Single(line => line.LoginId == session.LoginId);
        await using (var unit = Store.LightweightSession())
        {
            // More than one statement removes.
            var old = AccessRequest.Microseconds(DateTimeOffset.UtcNow.AddDays(-181));
            unit.Store([.. Enumerable.Range(0, 1200).Select(_ => line with { Id = Guid.NewGuid(), At = old })]);
            await unit.SaveChangesAsync();
        }

        await service.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().RunAsync(default);
        Assert.Equal(line, (await AllAsync()).Single(line => line.LoginId == session.LoginId));
    }

    private static Transaction Flow(int index) => new() { Id = "", ApplicationId = Service.Plain.Id, FlowId = $"flow {index}", ExpiresAt = default };

    private static AccessDenied Denied(TeamSession session, string reason)
        => new(reason, session.UserId, session.Email, Service.Plain.Id, "", null, null, 0, "no rule", PolicyOutcome.Deny, "192.0.2.1", "flow");

    private async Task<TeamSession> LogInAsync()
    {
        var session = new TeamSession
        {
            Id = Guid.NewGuid().ToString(), LoginId = Guid.NewGuid(), UserId = Guid.NewGuid(), Email = "logged@example.com", ProviderId = Guid.NewGuid(), ProviderType = "oidc", AuthenticatedAt = default, ExpiresAt = default,
        };
        await using var unit = Store.LightweightSession();
        unit.Events.StartStream<LoginRecord>(session.LoginId, new UserLoggedIn(session.UserId, session.Email, session.ProviderId, "oidc", Service.Plain.Id, "192.0.2.1", "flow"));
        await unit.SaveChangesAsync();
        return session;
    }

    private async Task<IReadOnlyList<AccessRequest>> AllAsync()
    {
        await using var session = Store.QuerySession();
        return await session.QueryAsync<AccessRequest>("order by d.id", default);
    }
}
