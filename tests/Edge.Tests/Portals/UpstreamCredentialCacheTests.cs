using System.Collections.Immutable;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.Edge.Tests.Harness;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>How long the edge knows a credential.</summary>
[Collection(WorldCollection.Name)]
public sealed class UpstreamCredentialCacheTests(World world)
{
    [Fact]
    public async Task ForgottenOrReplacedCredential_IsFeltWithinSeconds_AndWhatIsKnownIsNotAskedForAgain()
    {
        var (id, user) = (Guid.NewGuid(), Guid.NewGuid());
        var clock = new LaterClock();
        var cache = new UpstreamCredentialCache(world.Edge.Get<UpstreamCredentials.UpstreamCredentialsClient>(), clock);
        var here = Server(id, "https://here.test/mcp");
        world.Upstreams.Tokens[(id, user.ToString())] = "one";
        Assert.Equal("one", (await cache.GetAsync(here, user, "", default)).CredentialId);
        Assert.Equal("one", (await cache.GetAsync(here, user, "", default)).CredentialId);
        Assert.Equal(here.Record.Hostname, Assert.Single(world.Upstreams.Asked, asked => asked.ServerId == id.ToString()).ServerUrl);

        world.Upstreams.Tokens[(id, user.ToString())] = "of another account";
        clock.Later = TimeSpan.FromSeconds(10);
        Assert.Equal("of another account", (await cache.GetAsync(here, user, "", default)).CredentialId);
        world.Upstreams.Tokens.TryRemove((id, user.ToString()), out _);

        // What is known is for one address.
        Assert.Equal(UpstreamCredentialReply.Types.State.LoginRequired, (await cache.GetAsync(Server(id, "https://elsewhere.test/mcp"), user, "", default)).State);
        clock.Later = TimeSpan.FromSeconds(20);
        Assert.Equal(UpstreamCredentialReply.Types.State.LoginRequired, (await cache.GetAsync(here, user, "", default)).State);
    }

    private static PortalServer Server(Guid id, string url)
    {
        var server = new McpServer { Id = id, ServerId = "own", Name = "Own", Hostname = url, AuthType = McpAuthType.Oauth };
        var portal = new McpPortal { Id = Guid.NewGuid(), PortalId = "p", Name = "P", Hostname = "p.test", ApplicationId = Guid.NewGuid(), Servers = [new McpPortalServer { ServerId = "own" }] };
        return PortalDirectory.Build(ConfigurationSnapshot.Empty with { McpServers = ImmutableDictionary<Guid, McpServer>.Empty.Add(id, server) }, portal).Servers[0];
    }

    private sealed class LaterClock : TimeProvider
    {
        private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

        public TimeSpan Later { get; set; }

        public override DateTimeOffset GetUtcNow() => _now + Later;
    }
}
