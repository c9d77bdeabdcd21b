using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Hosting;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.OpenStreams;

/// <summary>Looks at the open streams: each second for what ends by time, and when something changed.</summary>
internal sealed partial class OpenStreamSweeper(
    OpenStreamList streams, RouteTableSource routes, RevocationList revocations, TimeProvider clock, ILogger<OpenStreamSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private readonly WakeSignal _wake = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        routes.Changed += _wake.Wake;
        revocations.Changed += _wake.Wake;
        using var timer = clock.CreateTimer(_ => _wake.Wake(), null, s_interval, s_interval);
        try
        {
            while (true)
            {
                await _wake.WaitAsync(Timeout.InfiniteTimeSpan, stoppingToken);
                Sweep();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
        finally
        {
            routes.Changed -= _wake.Wake;
            revocations.Changed -= _wake.Wake;
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    private void Sweep()
    {
        try
        {
            if (streams.Sweep() is > 0 and var ended)
            {
                Log.Ended(logger, ended);
            }
        }
        catch (Exception failure)
        {
            // Protects the loop: without it no stream would ever be ended again.
            Log.Failed(logger, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Ended {Count} open streams whose access is over.", EventName = "StreamsEnded")]
        public static partial void Ended(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Error, "Looking at the open streams failed.", EventName = "SweepFailed")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
