using System.Threading.Channels;
using Grpc.Core;

namespace ManagedOAuth.Edge.Telemetry;

/// <summary>
/// Tells Config what happened, in batches, again until it is accepted. What does not fit into the queue while Config is away is dropped and counted: a
/// log never keeps a request waiting.
/// </summary>
/// <param name="what">The log's name in our own messages.</param>
/// <param name="maximumQueue">How many entries wait at most.</param>
/// <param name="clock">The time.</param>
/// <param name="logger">Takes what goes wrong.</param>
internal abstract class ReportQueue<TEntry>(string what, int maximumQueue, TimeProvider clock, ILogger logger) : BackgroundService
{
    private const int MaximumBatch = 500;
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lastDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);
    private readonly Channel<TEntry> _queue = Channel.CreateBounded<TEntry>(new BoundedChannelOptions(maximumQueue) { SingleReader = true });

    // Taken from the queue and not yet accepted.
    private readonly List<TEntry> _batch = [];

    /// <summary>Takes an entry over; never waits.</summary>
    public void Add(TEntry entry)
    {
        if (!_queue.Writer.TryWrite(entry))
        {
            Dropped(1);
        }
    }

    /// <summary>Sends a batch; throws <see cref="RpcException"/> where Config does not take it.</summary>
    protected abstract Task SendAsync(IReadOnlyList<TEntry> batch, DateTime deadline, CancellationToken cancellation);

    /// <summary>Entries were lost.</summary>
    protected abstract void Dropped(int count);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _queue.Reader.WaitToReadAsync(stoppingToken);
                await Task.Delay(s_gather, clock, stoppingToken);
                Fill();
                await SendUntilTakenAsync(stoppingToken);
            }
            catch (Exception failure) when (stoppingToken.IsCancellationRequested && failure is (OperationCanceledException or RpcException))
            {
                // The service stops: what was in hand is sent with the rest.
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // Protects the loop: a batch that cannot be sent at all must not keep everything behind it from being told.
                ReportQueueLog.Failed(logger, what, failure);
                Drop();
            }
        }

        await SendTheRestAsync();
    }

    private void Fill()
    {
        while (_batch.Count < MaximumBatch && _queue.Reader.TryRead(out var entry))
        {
            _batch.Add(entry);
        }
    }

    private void Drop()
    {
        Dropped(_batch.Count);
        _batch.Clear();
    }

    private async Task SendUntilTakenAsync(CancellationToken stop)
    {
        for (var pause = TimeSpan.FromMilliseconds(200); _batch.Count > 0; pause = pause * 2 > s_longestPause ? s_longestPause : pause * 2)
        {
            try
            {
                await SendAsync(_batch, clock.GetUtcNow().UtcDateTime + s_deadline, stop);
                _batch.Clear();
                return;
            }
            catch (RpcException failure) when (!stop.IsCancellationRequested)
            {
                if (failure.StatusCode is StatusCode.InvalidArgument or StatusCode.Unimplemented or StatusCode.PermissionDenied)
                {
                    // It would be refused for ever, and keep everything behind it waiting.
                    ReportQueueLog.Refused(logger, _batch.Count, what, failure.StatusCode);
                    Drop();
                    return;
                }

                if (pause > TimeSpan.FromSeconds(1))
                {
                    ReportQueueLog.Waiting(logger, what, failure.StatusCode);
                }
            }

            await Task.Delay(pause, clock, stop);
        }
    }

    // Once: a process that ends does not wait for Config to come back.
    private async Task SendTheRestAsync()
    {
        try
        {
            for (Fill(); _batch.Count > 0; Fill())
            {
                await SendAsync(_batch, clock.GetUtcNow().UtcDateTime + s_lastDeadline, CancellationToken.None);
                _batch.Clear();
            }
        }
        catch (RpcException failure)
        {
            ReportQueueLog.Waiting(logger, what, failure.StatusCode);
        }
    }
}

/// <summary>What reporting says of itself.</summary>
internal static partial class ReportQueueLog
{
    [LoggerMessage(1, LogLevel.Warning, "Config does not take the {Log} ({Status}); it is kept and sent again.", EventName = "ReportWaiting")]
    public static partial void Waiting(ILogger logger, string log, StatusCode status);

    [LoggerMessage(2, LogLevel.Error, "Config refused {Count} entries of the {Log}: {Status}", EventName = "ReportRefused")]
    public static partial void Refused(ILogger logger, int count, string log, StatusCode status);

    [LoggerMessage(3, LogLevel.Error, "A batch of the {Log} could not be sent and is dropped.", EventName = "ReportFailed")]
    public static partial void Failed(ILogger logger, string log, Exception failure);
}
