using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Wolverine.Postgresql;

namespace Wolverine.Runtime;

/// <summary>Works on one queue: one loop claims rows in batches, some workers handle them.</summary>
internal sealed partial class QueueListener(
    PostgresqlListenerConfiguration configuration, QueueStore store, MessageProcessor processor, NodeAgent node, WakeUps wakeUps,
    WolverineOptions options, TimeProvider clock, ILogger<QueueListener> logger) : IDisposable
{
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_lastChance = TimeSpan.FromSeconds(2);

    private readonly string _queue = configuration.QueueName;
    private readonly int _lowWater = configuration.BatchSize / 2;
    private readonly WakeSignal _signal = wakeUps.SignalOf(configuration.QueueName);
    private readonly Channel<Envelope> _claimed = Channel.CreateUnbounded<Envelope>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly HeldMessages _held = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _abort = new();
    private Task _claiming = Task.CompletedTask;
    private Task _working = Task.CompletedTask;
    private long _lastSweep;
    private int _databaseUnavailable;

    public void Start()
    {
        _working = Task.WhenAll(Enumerable.Range(0, configuration.Parallelism).Select(_ => Task.Run(WorkAsync)));
        _claiming = Task.Run(ClaimAsync);
    }

    /// <summary>No new claims; running handlers may finish until the deadline; what is left goes back to the queue.</summary>
    public async Task DrainAsync(CancellationToken hurry)
    {
        await _stopping.CancelAsync();
        await _claiming;
        _claimed.Writer.Complete();
        var drained = await EndsWithinAsync(options.Durability.DrainTimeout, hurry);
        if (!drained)
        {
            LogDrainTimeout(_queue, _held.Count);
            await _abort.CancelAsync();
            await EndsWithinAsync(s_lastChance, CancellationToken.None);
        }

        try
        {
            // A handler that still runs has lost its claim by this, and cannot commit.
            await store.ReleaseAsync(_queue, node.Id, [], CancellationToken.None);
        }
        catch (Exception failure)
        {
            // Protects the stop: the rows return to the queue when this node is missed.
            LogReleaseFailed(_queue, failure.Message);
        }
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _abort.Dispose();
    }

    private async Task ClaimAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (Interlocked.Exchange(ref _databaseUnavailable, 0) == 1)
                {
                    _lastSweep = 0;
                    await Task.Delay(s_pauseAfterFailure, _stopping.Token);
                }

                if (!await ClaimBatchAsync(_stopping.Token))
                {
                    await _signal.WaitAsync(options.Durability.PollingInterval, _stopping.Token);
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Protects the loop. Rows may have been claimed although the answer did not arrive: the sweep gives them back.
                LogClaimFailed(_queue, failure.Message);
                Interlocked.Exchange(ref _databaseUnavailable, 1);
            }
        }
    }

    /// <returns>True when there may be more to claim right now.</returns>
    private async Task<bool> ClaimBatchAsync(CancellationToken ct)
    {
        var held = _held.Count;
        if (held > _lowWater || !node.MayClaim)
        {
            return false;
        }

        var free = configuration.BatchSize - held;

        var owner = node.Id;
        if (_lastSweep == 0 || Stopwatch.GetElapsedTime(_lastSweep) > options.Durability.HealthCheckPollingTime)
        {
            // Ours in the database but unknown here: a claim whose answer was lost, or an outcome that could not be written.
            // Safe because this loop alone claims, and it is not claiming now.
            await store.ReleaseAsync(_queue, owner, _held.Ids(), ct);
            _lastSweep = Stopwatch.GetTimestamp();
        }

        var claimed = await store.ClaimAsync(_queue, free, clock.GetUtcNow(), owner, options.MaximumMessageBytes, ct);
        foreach (var envelope in claimed)
        {
            _held.Add(envelope.Id);
            _claimed.Writer.TryWrite(envelope);
        }

        return claimed.Count == free;
    }

    private async Task WorkAsync()
    {
        await foreach (var envelope in _claimed.Reader.ReadAllAsync())
        {
            // When stopping, what has not begun is left to be released.
            var outcome = _stopping.IsCancellationRequested ? default : await processor.ProcessAsync(envelope, _abort.Token);
            if (outcome.DatabaseUnavailable)
            {
                Interlocked.Exchange(ref _databaseUnavailable, 1);
            }

            if (outcome.RetryIn is { } delay && delay < options.Durability.PollingInterval)
            {
                _ = WakeLaterAsync(delay);
            }

            // Once when there is room again, and once when there is nothing left; not after every message.
            var left = _held.Remove(envelope.Id);
            if (left == _lowWater || left == 0)
            {
                _signal.Set();
            }
        }
    }

    private async Task WakeLaterAsync(TimeSpan delay)
    {
        await Task.Delay(delay, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _signal.Set();
    }

    private async Task<bool> EndsWithinAsync(TimeSpan time, CancellationToken hurry)
    {
        await Task.WhenAny(_working, Task.Delay(time, hurry));
        return _working.IsCompleted;
    }

    [LoggerMessage(1, LogLevel.Warning, "Could not look into queue {Queue}: {Error}")]
    private partial void LogClaimFailed(string queue, string error);

    [LoggerMessage(2, LogLevel.Warning, "Queue {Queue}: {Count} messages were still being handled at the end of the drain; they are cancelled and released")]
    private partial void LogDrainTimeout(string queue, int count);

    [LoggerMessage(3, LogLevel.Warning, "Could not release the messages of queue {Queue}: {Error}")]
    private partial void LogReleaseFailed(string queue, string error);
}
