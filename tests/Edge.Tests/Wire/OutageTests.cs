using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>What goes on, and what does not, while other services are away. These tests have a world of their own to break.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private readonly World _world = new();

    public Task InitializeAsync() => _world.InitializeAsync();

    public Task DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task EveryServiceAway_ValidTokensAndSessionsGoOn_AndNothingNewIsLetIn()
    {
        var (token, cookie) = (World.Bearer(_world.Tokens.AccessToken(_world.A)), $"Cookie: CF_Authorization={_world.Tokens.Assertion(_world.A, Guid.NewGuid())}");
        var fresh = World.Bearer(_world.Tokens.AccessToken(_world.A));
        Assert.Equal(200, (await _world.GetAsync("a.test", "/", token))?.Status);

        await _world.Token.StopAsync();
        await _world.Config.StopAsync();
        await _world.AuthorizationServer.StopAsync();

        Assert.Equal(200, (await _world.GetAsync("a.test", "/", token))?.Status);
        Assert.Equal(200, (await _world.GetAsync("a.test", "/", cookie))?.Status);
        Assert.Equal(200, (await _world.GetAsync("a.test", "/", fresh))?.Status);
        Assert.Equal(401, (await _world.GetAsync("a.test", "/"))?.Status);
        Assert.Equal(401, (await _world.GetAsync("a.test", "/", "Authorization: Bearer mo_at_x"))?.Status);

        // What needs a service says so, and when to come again.
        foreach (var path in new[] { "/.well-known/oauth-authorization-server", "/cdn-cgi/access/oauth/token" })
        {
            var response = await _world.GetAsync("a.test", path);
            Assert.Equal(503, response?.Status);
            Assert.NotNull(response!["Retry-After"]);
        }

        await _world.Token.StartAsync();
        await _world.Config.StartAsync();
        await _world.AuthorizationServer.StartAsync();
        var grant = Guid.NewGuid();
        var revoked = World.Bearer(_world.Tokens.AccessToken(_world.A, grant));
        _world.Tokens.Revoke(grant);
        await Eventually.Async(async () => (await _world.GetAsync("a.test", "/", revoked))?.Status == 401);
        Assert.Equal(200, (await _world.GetAsync("a.test", "/.well-known/oauth-authorization-server"))?.Status);
    }

    [Fact]
    public async Task RevocationsTooOld_TokenBearingRequestsAre503_OthersGoOn_AndItHeals()
    {
        await _world.AddAsync("open.test", null, World.PolicyOf(PolicyAction.Bypass, new Rule.Everyone()));
        var token = World.Bearer(_world.Tokens.AccessToken(_world.A));
        Assert.Equal(200, (await _world.GetAsync("a.test", "/", token))?.Status);
        using var stream = await RawConnection.OpenAsync(_world.Port);
        await stream.SendAsync(World.Head("GET", "a.test", "/sse", token));
        Assert.StartsWith("HTTP/1.1 200", await stream.LineAsync(), StringComparison.Ordinal);

        // Token still answers, but its database does not: the limit of 60 s is over for what it knows.
        _world.Tokens.FrozenReadAt = DateTimeOffset.UtcNow;
        var organization = new Organization { Id = Organization(), Name = "test", AuthDomain = World.TeamOrigin, RevocationStalenessLimit = "10s" };
        _world.Configuration.Put(organization);

        var refused = await Eventually.Async(async () => await _world.GetAsync("a.test", "/", token) is { Status: 503 } response ? response : null);
        Assert.NotNull(refused["Retry-After"]);
        Assert.Empty(refused.All("WWW-Authenticate"));
        await stream.EndsAsync();
        Assert.Equal(401, (await _world.GetAsync("a.test", "/"))?.Status);
        Assert.Equal(200, (await _world.GetAsync("open.test", "/"))?.Status);
        Assert.False(await _world.Edge.IsReadyAsync());

        _world.Configuration.Put(organization with { ServeStaleRevocations = true });
        await Eventually.Async(async () => (await _world.GetAsync("a.test", "/", token))?.Status == 200);

        _world.Configuration.Put(organization);
        _world.Tokens.FrozenReadAt = null;
        await Eventually.Async(async () => (await _world.GetAsync("a.test", "/", token))?.Status == 200);
        await Eventually.Async(_world.Edge.IsReadyAsync);
    }

    [Fact]
    public async Task Edge_ThatKnowsNothingYet_ServesNobody()
    {
        await _world.Config.StopAsync();
        await using var edge = await EdgeProcess.StartAsync(_world.PeerAddresses(), waitUntilReady: false);

        Assert.False(await edge.IsReadyAsync());
        Assert.Equal(503, (await RawConnection.ExchangeAsync(edge.Port, World.Head("GET", "a.test", "/", World.Bearer(_world.Tokens.AccessToken(_world.A)))))?.Status);

        await _world.Config.StartAsync();
        await Eventually.Async(edge.IsReadyAsync);
        Assert.Equal(401, (await RawConnection.ExchangeAsync(edge.Port, World.Head("GET", "a.test", "/")))?.Status);
    }

    [Fact]
    public async Task Edge_ThatHasNoRevocationsYet_LetsNoTokenIn()
    {
        await _world.Token.StopAsync();
        await using var edge = await EdgeProcess.StartAsync(_world.PeerAddresses(), waitUntilReady: false);
        await Eventually.Async(() => edge.Get<RouteTableSource>().Current is not null);

        Assert.False(edge.Get<Freshness>().IsComplete);
        Assert.Equal(503, (await RawConnection.ExchangeAsync(edge.Port, World.Head("GET", "a.test", "/", World.Bearer(_world.Tokens.AccessToken(_world.A)))))?.Status);
        await _world.Token.StartAsync();
    }

    [Fact]
    public async Task Replicas_ShareTheirAddress_AndBothRefuseWhatWasRevoked()
    {
        await using var second = await EdgeProcess.StartAsync(_world.PeerAddresses(), port: _world.Port);
        var grant = Guid.NewGuid();
        var token = World.Bearer(_world.Tokens.AccessToken(_world.A, grant));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, (await _world.GetAsync("a.test", "/", token))?.Status);
        }

        _world.Tokens.Revoke(grant);

        foreach (var edge in new[] { _world.Edge, second })
        {
            await Eventually.Async(() => edge.Get<RevocationList>().Current.Contains(grant, Guid.Empty));
        }

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(401, (await _world.GetAsync("a.test", "/", token))?.Status);
        }
    }

    [Fact]
    public async Task ServiceReplica_ThatRefusesConnections_IsPassedOver()
    {
        List<KeyValuePair<string, string?>> settings =
        [
            .. _world.PeerAddresses(),
            new("services:authorization-server:http:1", $"http://127.0.0.1:{FreePort.Next()}"),
            new("services:authorization-server:http:2", $"http://127.0.0.1:{FreePort.Next()}"),
        ];
        await using var edge = await EdgeProcess.StartAsync(settings);

        for (var i = 0; i < 6; i++)
        {
            var response = await RawConnection.ExchangeAsync(edge.Port, "POST /cdn-cgi/access/oauth/registration HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\n{}");
            Assert.Equal(200, response?.Status);
        }

        Assert.Equal(6, _world.AuthorizationServer.Received.Count(entry => entry.Request.Body == "{}"));
    }

    private Guid Organization() => _world.Edge.Get<RouteTableSource>().Current!.Snapshot.Organization!.Id;
}
