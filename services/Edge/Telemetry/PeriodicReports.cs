namespace ManagedOAuth.Edge.Telemetry;

/// <summary>
/// Tells another service something every so often, and once more when this one stops. What is not taken now has to be told by a later report.
/// </summary>
/// <param name="what">What is told, for the log.</param>
/// <param name="period">The time from one report to the next.</param>
/// <param name="clock">Tells when.</param>
/// <param name="logger">Gets what failed.</param>
internal abstract partial class PeriodicReports(string what, TimeSpan period, TimeProvider clock, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lastDeadline = TimeSpan.FromSeconds(5);

    protected TimeProvider Clock => clock;

    /// <summary>Sends what there is to tell.</summary>
    /// <param name="deadline">When the call is to be given up.</param>
    /// <param name="cancellation">The service stops.</param>
    protected abstract Task ReportAsync(DateTime deadline, CancellationToken cancellation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The stop may come while a report is made, which is broken off then: the last one begins after the stop.
        var isLast = false;
        while (!isLast)
        {
            await Task.Delay(period, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            isLast = stoppingToken.IsCancellationRequested;
            try
            {
                await ReportAsync(clock.GetUtcNow().UtcDateTime + (isLast ? s_lastDeadline : s_deadline), isLast ? CancellationToken.None : stoppingToken);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // Protects the loop: the other service is away, or the report cannot be made this time.
                Log.NotTold(logger, what, (failure as Grpc.Core.RpcException)?.StatusCode.ToString() ?? failure.GetType().Name);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{What} could not be told: {Error}", EventName = "NotReported")]
        public static partial void NotTold(ILogger logger, string what, string error);
    }
}
