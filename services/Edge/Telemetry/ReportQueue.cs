using System.Threading.Channels;
using Grpc.Core;

namespace ManagedOAuth.Edge.Telemetry;

/// <summary>
/// Tells Config what happened, in batches, again until it is accepted. What does not fit into the queue while Config is away, and an entry that it never takes,
/// is dropped and counted: a log never keeps a request waiting, and no entry keeps others from being told.
/// </summary>
/// <param name="what">The log's name in our own messages.</param>
/// <param name="maximumQueue">How many entries wait at most.</param>
/// <param name="clock">The time.</param>
/// <param name="logger">Takes what goes wrong.</param>
internal abstract class ReportQueue<TEntry>(string what, int maximumQueue, TimeProvider clock, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lastDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);
    private readonly Channel<TEntry> _queue = Channel.CreateBounded<TEntry>(new BoundedChannelOptions(maximumQueue) { SingleReader = true });
    private readonly ReportBatch<TEntry> _batch = new();

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
                Dropped(_batch.Clear());
            }
        }

        await SendTheRestAsync();
    }

    private void Fill()
    {
        while (!_batch.IsFull && _queue.Reader.TryRead(out var entry))
        {
            _batch.Add(entry);
        }
    }

    private async Task SendUntilTakenAsync(CancellationToken stop)
    {
        var pause = s_shortestPause;
        while (_batch.Count > 0)
        {
            try
            {
                await SendAsync(_batch.Next, clock.GetUtcNow().UtcDateTime + s_deadline, stop);
                _batch.Taken();
                pause = s_shortestPause;
            }
            catch (RpcException failure) when (!stop.IsCancellationRequested)
            {
                if (IsAnswered(failure))
                {
                    pause = s_shortestPause;
                }
                else if (pause > TimeSpan.FromSeconds(1))
                {
                    ReportQueueLog.Waiting(logger, what, failure.StatusCode);
                }

                await Task.Delay(pause, clock, stop);
                pause = pause * 2 > s_longestPause ? s_longestPause : pause * 2;
            }
        }
    }

    // False: Config is away.
    private bool IsAnswered(RpcException failure)
    {
        var (isAnswered, dropped) = _batch.Refused(failure.StatusCode);
        if (dropped > 0)
        {
            ReportQueueLog.Refused(logger, dropped, what, failure.StatusCode);
            Dropped(dropped);
        }

        return isAnswered;
    }

    // A process that ends does not wait for Config to come back.
    private async Task SendTheRestAsync()
    {
        var end = clock.GetUtcNow() + s_lastDeadline;
        for (Fill(); _batch.Count > 0; Fill())
        {
            try
            {
                await SendAsync(_batch.Next, end.UtcDateTime, CancellationToken.None);
                _batch.Taken();
            }
            catch (RpcException failure)
            {
                if (clock.GetUtcNow() >= end || !IsAnswered(failure))
                {
                    ReportQueueLog.Lost(logger, _batch.Count + _queue.Reader.Count, what, failure.StatusCode);
                    Dropped(_batch.Count + _queue.Reader.Count);
                    return;
                }
            }
        }
    }
}

/// <summary>What reporting says of itself.</summary>
internal static partial class ReportQueueLog
{
    [LoggerMessage(1, LogLevel.Warning, "Config does not take the {Log} ({Status}); it is kept and sent again", EventName = "ReportWaiting")]
    public static partial void Waiting(ILogger logger, string log, StatusCode status);

    [LoggerMessage(2, LogLevel.Error, "Config refused {Count} entries of the {Log}: {Status}", EventName = "ReportRefused")]
    public static partial void Refused(ILogger logger, int count, string log, StatusCode status);

    [LoggerMessage(3, LogLevel.Error, "A batch of the {Log} could not be sent and is dropped", EventName = "ReportFailed")]
    public static partial void Failed(ILogger logger, string log, Exception failure);

    [LoggerMessage(4, LogLevel.Warning, "{Count} entries of the {Log} are lost: Config did not take them before the end ({Status})", EventName = "ReportLost")]
    public static partial void Lost(ILogger logger, int count, string log, StatusCode status);
}
