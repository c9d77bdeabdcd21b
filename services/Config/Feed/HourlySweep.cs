namespace ManagedOAuth.Config.Feed;

/// <summary>Forgets once an hour what has had its time. What could not be forgotten is tried again an hour later.</summary>
public abstract partial class HourlySweep(TimeProvider clock, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromHours(1);

    /// <summary>The time that things are measured by.</summary>
    protected TimeProvider Clock => clock;

    /// <summary>Forgets now.</summary>
    public abstract Task RunAsync(CancellationToken ct);

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
#pragma warning disable CA1031 // Protects the loop: a database that is away is there again later.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                LogFailed(logger, GetType().Name, failed);
            }

            await Task.Delay(s_period, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "{Sweep}: what has had its time could not be forgotten; trying again in an hour")]
    private static partial void LogFailed(ILogger logger, string sweep, Exception exception);
}
