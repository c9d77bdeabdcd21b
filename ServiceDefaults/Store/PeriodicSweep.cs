using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.ServiceDefaults.Store;

/// <summary>Forgets now and then what has had its time. What could not be forgotten is tried again with the next round.</summary>
/// <param name="period">The pause between two rounds; the first begins at once.</param>
/// <param name="clock">The time that things are measured by.</param>
/// <param name="logger">Told of rounds that failed.</param>
public abstract partial class PeriodicSweep(TimeSpan period, TimeProvider clock, ILogger logger) : BackgroundService
{
    /// <summary>The period of most: an hour.</summary>
    public static readonly TimeSpan Hourly = TimeSpan.FromHours(1);

    /// <summary>The time that things are measured by.</summary>
    protected TimeProvider Clock => clock;

    /// <summary>Forgets now.</summary>
    public abstract Task RunAsync(CancellationToken cancellation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed) when (failed is not OutOfMemoryException)
            {
                // Protects the loop: a database that is away is there again later.
                LogFailed(logger, GetType().Name, period, failed);
            }

            await Task.Delay(period, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "{Sweep}: what has had its time could not be forgotten; trying again in {Period}", EventName = "SweepFailed")]
    private static partial void LogFailed(ILogger logger, string sweep, TimeSpan period, Exception exception);
}
