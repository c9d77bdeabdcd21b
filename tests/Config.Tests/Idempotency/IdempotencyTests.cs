using System.Net;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Idempotency;
using ManagedOAuth.Config.Portals.Alerts;
using ManagedOAuth.Config.Tests.Portals;
using ManagedOAuth.Config.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Idempotency;

[Collection(ConfigCollection.Name)]
public sealed class IdempotencyTests(ConfigHost host)
{
    private const string Group = """{"name":"once","include":[{"everyone":{}}]}""";

    [Fact]
    public async Task SameKeyAndRequest_IsDoneOnceAndAnsweredAgain()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var first = await host.Api.Call("POST", $"{Access}/groups", Group, key);
        var again = await host.Api.Call("POST", $"{Access}/groups", Group, key);
        Assert.Equal((HttpStatusCode.Created, false, HttpStatusCode.Created, true), (first.Status, first.Replayed, again.Status, again.Replayed));
        Assert.Equal((first.Body.ToJsonString(), first.EntityTag), (again.Body.ToJsonString(), again.EntityTag));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await host.Api.Call("POST", $"{Access}/groups", Group.Replace("once", "twice", StringComparison.Ordinal), key)).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await host.Api.Call("DELETE", $"{Access}/groups/{first.Result!["id"]}", null, key)).Status);

        // Another caller's key is another key.
        var other = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Account}/tokens", """{"name":"other","permissions":["write"]}""");
        using var client = host.With((string)other["value"]!);
        Assert.False((await client.Call("POST", $"{Access}/groups", Group, key)).Replayed);
    }

    [Fact]
    public async Task SameKey_AtTwoReplicasAtTheSameTime_IsDoneOnce()
    {
        using var other = await host.AddReplicaAsync();
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var name = Guid.NewGuid().ToString();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(index => (index % 2 == 0 ? host.Api : other).Call("POST", $"{Access}/groups", Group.Replace("once", name, StringComparison.Ordinal), key)));
        Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.Conflict, answer.Body.ToJsonString()));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created && !answer.Replayed);
        Assert.Single((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/groups?name={name}")).AsArray());
    }

    [Fact]
    public async Task Key_IsReservedByOneRequestOverAllReplicas_UntilItIsGivenBackOrAbandoned()
    {
        var store = host.Services.GetRequiredService<IDocumentStore>();
        var (id, clock) = (Guid.NewGuid().ToString(), TimeProvider.System);
        IdempotencyScope Scope(TimeSpan later) => new(id, "request", new LaterClock(clock, later));
        var scopes = Enumerable.Range(0, 8).Select(_ => Scope(TimeSpan.Zero)).ToList();
        var tries = await Task.WhenAll(scopes.Select(scope => scope.ReserveAsync(store, default)));
        Assert.Single(tries, reserved => reserved);

        // Nobody takes it for an answer.
        await using var session = store.QuerySession();
        Assert.Null(await Scope(TimeSpan.Zero).FindAsync(session, default));

        // Who does not have it gives nothing back.
        await Scope(TimeSpan.Zero).ReleaseAsync(store, default);
        Assert.False(await Scope(TimeSpan.Zero).ReserveAsync(store, default));
        await scopes[Array.IndexOf(tries, true)].ReleaseAsync(store, default);
        Assert.True(await Scope(TimeSpan.Zero).ReserveAsync(store, default));
        Assert.False(await Scope(TimeSpan.FromMinutes(4)).ReserveAsync(store, default));
        tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Scope(TimeSpan.FromMinutes(6)).ReserveAsync(store, default)));
        Assert.Single(tries, reserved => reserved);
    }

    [Fact]
    public async Task Action_OfAnotherService_IsNotAskedForAgain_WhileTheFirstRequestIsUnderWay()
    {
        var key = Guid.NewGuid().ToString();
        var token = await host.Api.Must(HttpStatusCode.OK, "GET", $"{Account}/tokens/verify");
        var id = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{token["id"]}\n{key}")));
        var first = new IdempotencyScope(id, "request", TimeProvider.System);
        var store = host.Services.GetRequiredService<IDocumentStore>();
        Assert.True(await first.ReserveAsync(store, default));
        var path = $"{Access}/keys/rotate";
        Assert.Equal(HttpStatusCode.Conflict, (await host.Api.Call("POST", path, "{}", ("Idempotency-Key", key))).Status);

        // There is no token service here: the request was let through, did nothing, and gave the key back.
        await first.ReleaseAsync(store, default);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.Api.Call("POST", path, "{}", ("Idempotency-Key", key))).Status);
        Assert.True(await first.ReserveAsync(store, default));
    }

    [Fact]
    public async Task Approval_IsAnsweredAgain()
    {
        await using var upstream = await UpstreamServer.StartAsync();
        upstream.Tools = "[]";
        var server = PortalCalls.NewId("once");
        await host.Api.Must(HttpStatusCode.Created, "POST", PortalCalls.Servers, $$"""{"id":"{{server}}","name":"{{server}}","hostname":"{{upstream.Origin}}/mcp","auth_type":"unauthenticated"}""");
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{PortalCalls.Servers}/{server}/sync");
        upstream.Tools = """[{"name":"new","inputSchema":{}}]""";
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{PortalCalls.Servers}/{server}/sync");
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var first = await host.Api.Call("POST", $"{PortalCalls.Servers}/{server}/approve", """{"all":true}""", key);
        var again = await host.Api.Call("POST", $"{PortalCalls.Servers}/{server}/approve", """{"all":true}""", key);
        Assert.Equal("""["tools/new"]""", first.Result!["approved"]!.ToJsonString());
        Assert.Equal((true, first.Body.ToJsonString()), (again.Replayed, again.Body.ToJsonString()));
    }

    [Fact]
    public async Task Body_ThatIsTooLongToBeKeptInMemory_IsRefusedWithAKey()
    {
        var file = """{"format":"managedoauth.configuration","format_version":1,"objects":{"tag":[{"name":"long"}]},"comment":" """ + new string('x', 1024 * 1024) + "\"}";
        var refused = await host.Api.Call("POST", $"{Access}/apply?async=true", file, ("Idempotency-Key", Guid.NewGuid().ToString()));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.Status);
        Assert.Contains("apply a longer file without it", refused.Body.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, (await host.Api.Call("POST", $"{Access}/apply?async=true", file)).Status);
    }

    [Fact]
    public async Task Secret_IsInTheFirstAnswerAndNowhereElse()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var first = await host.Api.Call("POST", $"{Access}/service_tokens", """{"name":"secret once"}""", key);
        var again = await host.Api.Call("POST", $"{Access}/service_tokens", """{"name":"secret once"}""", key);
        Assert.True(again.Replayed);
        Assert.Null(again.Result!["client_secret"]);
        Assert.Equal((string)first.Result!["client_id"]!, (string)again.Result["client_id"]!);
        Assert.Equal(12141, (int)again.Body["messages"]![0]!["code"]!);

        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var kept = await session.QueryAsync<IdempotentAnswer>("limit 10000", CancellationToken.None);
        Assert.DoesNotContain(kept, answer => answer.Body.Contains((string)first.Result["client_secret"]!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RefusedRequest_MayBeRepeatedWithItsKey()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", $"{Access}/groups", "{}", key)).Status);
        Assert.Equal(HttpStatusCode.Created, (await host.Api.Call("POST", $"{Access}/groups", Group, key)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", $"{Access}/groups", Group, ("Idempotency-Key", new string('k', 256)))).Status);
    }

    [Fact]
    public async Task Sweep_ForgetsWhatIsOlderThanADay()
    {
        var store = host.Services.GetRequiredService<IDocumentStore>();
        var (old, young, open) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await using (var session = store.LightweightSession())
        {
            session.Store(Alert(old, TimeSpan.FromDays(91)), Alert(young, TimeSpan.FromDays(89)), Alert(open, null));
            session.Store(Login(old, 91, isStale: false), Login(young, 89, isStale: false), Login(open, 91, isStale: true));
            session.Store(new IdempotentAnswer("old", "", 200, "{}", null, DateTimeOffset.UtcNow.AddHours(-25)), new IdempotentAnswer("young", "", 200, "{}", null, DateTimeOffset.UtcNow.AddHours(-23)));
            await session.SaveChangesAsync();
        }

        await ActivatorUtilities.CreateInstance<Sweep>(host.Services).RunAsync(CancellationToken.None);
        await using var query = store.QuerySession();
        Assert.Null(await query.LoadAsync<IdempotentAnswer>("old"));
        Assert.NotNull(await query.LoadAsync<IdempotentAnswer>("young"));
        Assert.Equal(new[] { young, open }.Order(), (await query.LoadManyAsync<McpAlert>([old, young, open])).Select(alert => alert.Id).Order());
        Assert.Equal(new[] { young, open }.Order(), (await query.LoadManyAsync<McpUserLogin>([old, young, open])).Select(login => login.Id).Order());
    }

    private static McpUserLogin Login(Guid id, int days, bool isStale)
        => new() { Id = id, ServerUid = Guid.NewGuid(), User = "ann@example.com", IsStale = isStale, At = DateTimeOffset.UtcNow.AddDays(-days) };

    private static McpAlert Alert(Guid id, TimeSpan? overSince) => new()
    {
        Id = id, ServerUid = Guid.NewGuid(), ServerId = "swept", Kind = McpAlertKind.SyncFailed, Detail = "", RaisedAt = default, UpdatedAt = default, ResolvedAt = DateTimeOffset.UtcNow - overSince,
    };

    private sealed class LaterClock(TimeProvider clock, TimeSpan later) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + later;
    }
}
