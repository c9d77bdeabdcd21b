using System.Collections.Concurrent;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Upstreams;
using Polly;
using Polly.CircuitBreaker;

namespace ManagedOAuth.Edge.Portals.Limits;

/// <summary>
/// A circuit for each server: a server that cannot be reached, again and again, is not asked for a few seconds, and then by one call first. Only what
/// tells of the server itself counts: a call that takes too long may be one user's, and would shut the server for everybody.
/// </summary>
internal sealed partial class Circuits(TimeProvider clock, ILogger<Circuits> logger)
{
    private const int Maximum = 1000;
    private static readonly TimeSpan s_break = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<(Guid Server, long Version), Circuit> _circuits = new();

    /// <summary>Runs a call through the circuit of its server.</summary>
    /// <exception cref="UpstreamException">It failed, or was not made because the circuit is open.</exception>
    /// <param name="server">The server.</param>
    /// <param name="call">The call; it tells when the server has answered, however long the rest of its answer takes.</param>
    public async ValueTask<RpcMessage> RunAsync(PortalServer server, Func<Action, Task<RpcMessage>> call)
    {
        if (_circuits.Count > Maximum)
        {
            _circuits.Clear();
        }

        var circuit = _circuits.GetOrAdd((server.Record.Id, server.Record.Version), _ => Create(server.ServerId));
        try
        {
            return await await circuit.Pipeline.ExecuteAsync(static (state, _) => RunAsync(state.circuit, state.call), (circuit, call), CancellationToken.None);
        }
        catch (BrokenCircuitException open)
        {
            throw new UpstreamException(PortalOutcomes.Unavailable, "The server has not been reachable for a while. It is asked again in a few seconds.", open);
        }
    }

    // The one call that finds out whether the server is back may ask a person something: that the server answers is all that the others wait for.
    private static async ValueTask<Task<RpcMessage>> RunAsync(Circuit circuit, Func<Action, Task<RpcMessage>> call)
    {
        if (circuit.Breaks.State.CircuitState != CircuitState.HalfOpen)
        {
            return Task.FromResult(await call(static () => { }));
        }

        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = call(() => answered.TrySetResult());
        if (await Task.WhenAny(running, answered.Task) == running)
        {
            await running;
        }

        return running;
    }

    /// <summary>Whether a server is not asked at the moment.</summary>
    public bool IsOpen(PortalServer server)
        => _circuits.TryGetValue((server.Record.Id, server.Record.Version), out var circuit)
            && circuit.Breaks.State.CircuitState == CircuitState.Open

            // A circuit stays open by name until somebody calls, though that call would be made.
            && clock.GetUtcNow() - circuit.Breaks.OpenedAt < s_break;

    private Circuit Create(string serverId)
    {
        var breaks = new Breaks();
        return new Circuit(CreatePipeline(serverId, breaks), breaks);
    }

    private ResiliencePipeline<Task<RpcMessage>> CreatePipeline(string serverId, Breaks breaks) => new ResiliencePipelineBuilder<Task<RpcMessage>> { TimeProvider = clock }
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Task<RpcMessage>>
        {
            ShouldHandle = static arguments => new(arguments.Outcome.Exception is UpstreamException { IsServerFault: true }),
            FailureRatio = 0.5,
            MinimumThroughput = 5,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = s_break,
            StateProvider = breaks.State,
            OnOpened = _ =>
            {
                breaks.OpenedAt = clock.GetUtcNow();
                Log.Opened(logger, serverId);
                return default;
            },
            OnClosed = _ =>
            {
                Log.Closed(logger, serverId);
                return default;
            },
        })
        .Build();

    private sealed record Circuit(ResiliencePipeline<Task<RpcMessage>> Pipeline, Breaks Breaks);

    private sealed class Breaks
    {
        private long _openedAt;

        public CircuitBreakerStateProvider State { get; } = new();

        public DateTimeOffset OpenedAt
        {
            get => new(Interlocked.Read(ref _openedAt), TimeSpan.Zero);
            set => Interlocked.Exchange(ref _openedAt, value.UtcTicks);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "MCP server {Server} cannot be reached; it is not asked for a few seconds.", EventName = "PortalCircuitOpened")]
        public static partial void Opened(ILogger logger, string server);

        [LoggerMessage(2, LogLevel.Information, "MCP server {Server} is reachable again.", EventName = "PortalCircuitClosed")]
        public static partial void Closed(ILogger logger, string server);
    }
}
