using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Wolverine.Postgresql;

namespace Wolverine.Runtime;

/// <summary>This process as a node: its row, its heartbeat, and the search for nodes that died.</summary>
internal sealed partial class NodeAgent(NodeStore store, WakeUps wakeUps, WolverineOptions options, ILogger<NodeAgent> logger)
{
    private readonly DurabilitySettings _settings = options.Durability;
    private readonly string _description = $"{Environment.MachineName}/{Environment.ProcessId}";
    private long _lastHeartbeat;

    // A reference and not a Guid: listeners read it while it changes, and 16 bytes are not read at once.
    private volatile Identity _identity = new(Guid.CreateVersion7());

    /// <summary>The owner on the rows that this process claims. A new one after others took the process for dead.</summary>
    public Guid Id => _identity.Id;

    /// <summary>False while this node's heartbeats do not arrive: others may take it for dead, so it takes no more work.</summary>
    public bool MayClaim => Stopwatch.GetElapsedTime(Volatile.Read(ref _lastHeartbeat)) < _settings.StaleNodeTimeout / 2;

    /// <summary>Makes the row. Before the first claim, and under a new id: an owner without a row counts as dead.</summary>
    public async Task RegisterAsync(CancellationToken ct)
    {
        var identity = new Identity(Guid.CreateVersion7());
        await store.RegisterAsync(identity.Id, options.ServiceName, _description, ct);
        _identity = identity;
        Volatile.Write(ref _lastHeartbeat, Stopwatch.GetTimestamp());
        LogRegistered(identity.Id);
    }

    /// <summary>Beats and looks for the dead, until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await BeatAsync(ct);
                await RecoverAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Protects the loop: without heartbeats MayClaim turns false, and the next round tries again.
                LogRoundFailed(failure.Message);
            }

            await Task.Delay(_settings.HealthCheckPollingTime, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task RemoveAsync(CancellationToken ct) => store.RemoveAsync(Id, ct);

    private async Task BeatAsync(CancellationToken ct)
    {
        var startedAt = Stopwatch.GetTimestamp();
        if (await store.HeartbeatAsync(Id, ct))
        {
            // The time of sending: what the database stamped is not older than this.
            Volatile.Write(ref _lastHeartbeat, startedAt);
            return;
        }

        // Somebody took this node for dead and gave its rows away. Under a new id, what is still running here cannot
        // pass for the owner of anything that is claimed from now on.
        LogEjected(Id);
        await RegisterAsync(ct);
    }

    private async Task RecoverAsync(CancellationToken ct)
    {
        foreach (var dead in await store.EjectStaleAsync(Id, _settings.StaleNodeTimeout, ct))
        {
            LogDead(dead);
        }

        foreach (var (queue, count) in await store.RecoverAsync(ct))
        {
            LogRecovered(count, queue);
            MessagingTelemetry.Recovered.Add(count, new KeyValuePair<string, object?>("messaging.destination.name", queue));
            wakeUps.Announce(queue);
        }
    }

    private sealed record Identity(Guid Id);

    [LoggerMessage(1, LogLevel.Information, "Messaging node {Node} is registered")]
    private partial void LogRegistered(Guid node);

    [LoggerMessage(2, LogLevel.Warning, "Messaging node {Node} was taken for dead by another node; it goes on under a new id")]
    private partial void LogEjected(Guid node);

    [LoggerMessage(3, LogLevel.Warning, "Messaging node {Node} sent no heartbeat for too long and is removed")]
    private partial void LogDead(Guid node);

    [LoggerMessage(4, LogLevel.Information, "Returned {Count} messages of dead nodes to queue {Queue}")]
    private partial void LogRecovered(int count, string queue);

    [LoggerMessage(5, LogLevel.Warning, "Heartbeat or recovery failed: {Error}")]
    private partial void LogRoundFailed(string error);
}
