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
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);
    private readonly Channel<PortalLogEntry> _queue = Channel.CreateBounded<PortalLogEntry>(new BoundedChannelOptions(MaximumQueue) { SingleReader = true });

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
        try
        {
            while (await _queue.Reader.WaitToReadAsync(stoppingToken))
            {
                await Task.Delay(s_gather, clock, stoppingToken);
                await SendAsync(Take(), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await SendTheRestAsync();
        }
    }

    private PortalLogReport Take()
    {
        var report = new PortalLogReport();
        while (report.Entries.Count < MaximumBatch && _queue.Reader.TryRead(out var entry))
        {
            report.Entries.Add(entry);
        }

        return report;
    }

    private async Task SendAsync(PortalLogReport report, CancellationToken stop)
    {
        for (var pause = TimeSpan.FromMilliseconds(200); report.Entries.Count > 0; pause = pause * 2 > s_longestPause ? s_longestPause : pause * 2)
        {
            try
            {
                await client.ReportAsync(report, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: stop);
                return;
            }
            catch (RpcException failure) when (!stop.IsCancellationRequested)
            {
                if (failure.StatusCode is StatusCode.InvalidArgument or StatusCode.Unimplemented or StatusCode.PermissionDenied)
                {
                    // It would be refused for ever, and keep everything behind it waiting.
                    Log.Refused(logger, report.Entries.Count, failure.StatusCode);
                    PortalMetrics.LogDropped(report.Entries.Count);
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
            for (var report = Take(); report.Entries.Count > 0; report = Take())
            {
                await client.ReportAsync(report, deadline: clock.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(2));
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
    }
}
