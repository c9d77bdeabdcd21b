using System.Collections.Immutable;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>How long a server that cannot be reached is not asked.</summary>
public sealed class CircuitsTests
{
    private static readonly RpcMessage s_answer = Answer();

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

    // The server may have asked a person something, who thinks for minutes.
    [Fact]
    public async Task CallThatFindsTheServerBack_LetsTheOthersIn_AsSoonAsItIsAnswered()
    {
        var clock = new Clock();
        var (circuits, server) = (new Circuits(clock, NullLogger<Circuits>.Instance), Server());
        for (var i = 0; i < 5; i++)
        {
            await FailAsync(circuits, server);
        }

        clock.Now += TimeSpan.FromSeconds(6);
        var (end, begun) = (new TaskCompletionSource<RpcMessage>(), new TaskCompletionSource<Action>());
        var first = circuits.RunAsync(server, answered =>
        {
            begun.SetResult(answered);
            return end.Task;
        }).AsTask();
        var answered = await begun.Task;
        await Assert.ThrowsAsync<UpstreamException>(async () => await circuits.RunAsync(server, _ => Task.FromResult(s_answer)));
        answered();
        await Eventually.Async(async () => await Record.ExceptionAsync(async () => await circuits.RunAsync(server, _ => Task.FromResult(s_answer))) is null);
        Assert.False(first.IsCompleted);
        end.SetResult(s_answer);
        Assert.Same(s_answer, await first);
    }

    private static Task<UpstreamException> FailAsync(Circuits circuits, PortalServer server)
        => Assert.ThrowsAsync<UpstreamException>(async () => await circuits.RunAsync(server, static _ => throw new UpstreamException("unavailable", "away") { IsServerFault = true }));

    private static RpcMessage Answer()
    {
        Assert.Null(RpcMessage.TryRead("""{"jsonrpc":"2.0","id":1,"result":{}}"""u8.ToArray(), isStrict: true, out var message));
        return message!;
    }

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
