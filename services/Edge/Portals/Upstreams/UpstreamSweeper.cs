using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>Looks after the sessions with servers twice a minute, or twice in the time that one may be silent: see <see cref="UpstreamSessions.SweepAsync"/>.</summary>
internal sealed partial class UpstreamSweeper(UpstreamSessions sessions, IOptions<PortalOptions> options, TimeProvider clock, ILogger<UpstreamSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var half = options.Value.UpstreamIdle / 2;
        using var timer = new PeriodicTimer(half < s_longest ? half : s_longest, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        try
        {
            await sessions.SweepAsync(stoppingToken);
        }
        catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
        {
            // Protects the loop: without it no session would ever be ended again.
            Log.Failed(logger, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Looking after the sessions with MCP servers failed.", EventName = "PortalUpstreamSweepFailed")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
