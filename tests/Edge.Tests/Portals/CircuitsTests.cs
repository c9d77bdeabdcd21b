using System.Collections.Immutable;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Upstreams;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>How long a server that cannot be reached is not asked.</summary>
public sealed class CircuitsTests
{
    [Fact]
    public async Task OpenCircuit_IsOpenUntilItsServerWouldBeAskedAgain_AlsoWhereNobodyAsks()
    {
        var clock = new Clock();
        var (circuits, server) = (new Circuits(clock, NullLogger<Circuits>.Instance), Server());
        Assert.False(circuits.IsOpen(server));
        for (var i = 0; i < 5; i++)
        {
            await FailAsync(circuits, server);
        }

        Assert.True(circuits.IsOpen(server));
        clock.Now += TimeSpan.FromSeconds(6);
        Assert.False(circuits.IsOpen(server));

        // One call that fails opens it again.
        await FailAsync(circuits, server);
        Assert.True(circuits.IsOpen(server));
    }

    private static Task<UpstreamException> FailAsync(Circuits circuits, PortalServer server)
        => Assert.ThrowsAsync<UpstreamException>(async () => await circuits.RunAsync(server, static () => throw new UpstreamException("unavailable", "away") { IsServerFault = true }));

    private static PortalServer Server()
    {
        var server = new McpServer { Id = Guid.NewGuid(), ServerId = "s", Name = "S", Hostname = "https://s.test/mcp", AuthType = McpAuthType.Unauthenticated };
        return PortalDirectory.Build(
            ConfigurationSnapshot.Empty with { McpServers = ImmutableDictionary<Guid, McpServer>.Empty.Add(server.Id, server) },
            new McpPortal { Id = Guid.NewGuid(), PortalId = "p", Name = "P", Hostname = "p.test", ApplicationId = Guid.NewGuid(), Servers = [new McpPortalServer { ServerId = "s" }] }).Servers[0];
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
