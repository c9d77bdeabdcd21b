using System.Threading.Channels;
using Grpc.Core;
using ManagedOAuth.Contracts.PortalLog;

namespace ManagedOAuth.Edge.Portals.Log;

/// <summary>
/// Reports what went through the portals to Config, in batches, again until it is accepted. What does not fit into the queue while Config is away is dropped
/// and counted: the log never keeps a call waiting.
/// </summary>
internal sealed partial class PortalLogReporter(PortalLog.PortalLogClient client, TimeProvider clock, ILogger<PortalLogReporter> logger) : BackgroundService
{
    private const int MaximumQueue = 20_000;
    private const int MaximumBatch = 500;
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lastDeadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);
    private readonly Channel<PortalLogEntry> _queue = Channel.CreateBounded<PortalLogEntry>(new BoundedChannelOptions(MaximumQueue) { SingleReader = true });

    // Taken from the queue and not yet accepted.
    private PortalLogReport _batch = new();

    /// <summary>Takes an entry over; never waits.</summary>
    public void Add(PortalLogEntry entry)
    {
        if (!_queue.Writer.TryWrite(entry))
        {
            PortalMetrics.LogDropped();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _queue.Reader.WaitToReadAsync(stoppingToken);
                await Task.Delay(s_gather, clock, stoppingToken);
                Fill();
                await SendAsync(stoppingToken);
            }
            catch (Exception failure) when (stoppingToken.IsCancellationRequested && failure is (OperationCanceledException or RpcException))
            {
                // The service stops: what was in hand is sent with the rest.
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // Protects the loop: a batch that cannot be sent at all must not keep everything behind it from being told.
                Log.Failed(logger, failure);
                Drop();
            }
        }

        await SendTheRestAsync();
    }

    private void Fill()
    {
        while (_batch.Entries.Count < MaximumBatch && _queue.Reader.TryRead(out var entry))
        {
            _batch.Entries.Add(entry);
        }
    }

    private void Drop()
    {
        PortalMetrics.LogDropped(_batch.Entries.Count);
        _batch = new PortalLogReport();
    }

    private async Task SendAsync(CancellationToken stop)
    {
        for (var pause = TimeSpan.FromMilliseconds(200); _batch.Entries.Count > 0; pause = pause * 2 > s_longestPause ? s_longestPause : pause * 2)
        {
            try
            {
                await client.ReportAsync(_batch, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: stop);
                _batch = new PortalLogReport();
                return;
            }
            catch (RpcException failure) when (!stop.IsCancellationRequested)
            {
                if (failure.StatusCode is StatusCode.InvalidArgument or StatusCode.Unimplemented or StatusCode.PermissionDenied)
                {
                    // It would be refused for ever, and keep everything behind it waiting.
                    Log.Refused(logger, _batch.Entries.Count, failure.StatusCode);
                    Drop();
                    return;
                }

                if (pause > TimeSpan.FromSeconds(1))
                {
                    Log.Waiting(logger, failure.StatusCode);
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
            for (Fill(); _batch.Entries.Count > 0; Fill())
            {
                await client.ReportAsync(_batch, deadline: clock.GetUtcNow().UtcDateTime + s_lastDeadline);
                _batch = new PortalLogReport();
            }
        }
        catch (RpcException failure)
        {
            Log.Waiting(logger, failure.StatusCode);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Config does not take the portal log ({Status}); it is kept and sent again.", EventName = "PortalLogWaiting")]
        public static partial void Waiting(ILogger logger, StatusCode status);

        [LoggerMessage(2, LogLevel.Error, "Config refused {Count} entries of the portal log: {Status}", EventName = "PortalLogRefused")]
        public static partial void Refused(ILogger logger, int count, StatusCode status);

        [LoggerMessage(3, LogLevel.Error, "A batch of the portal log could not be sent and is dropped.", EventName = "PortalLogFailed")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
