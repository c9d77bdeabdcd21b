namespace ManagedOAuth.Edge.Feeds;

/// <summary>
/// Reads one feed of Token for as long as the process lives: again after every break, with growing pauses, and given up as dead when it
/// is silent for longer than its server ever is.
/// </summary>
internal abstract partial class FeedLoop(string name, TimeProvider clock, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(2);

    // Before the first frame all services are starting, and every pause is a part of how long that takes.
    private static readonly TimeSpan s_longestFirstDelay = TimeSpan.FromMilliseconds(250);

    // By then the first frame is late and not only not there yet: about five seconds.
    private const int LateAfterFailures = 32;

    protected TimeProvider Clock { get; } = clock;

    /// <summary>Opens the stream and applies its frames until it ends or fails.</summary>
    /// <param name="progressed">To be called after each frame.</param>
    /// <param name="cancellation">Ends the reading.</param>
    protected abstract Task ReadAsync(Action progressed, CancellationToken cancellation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var delay = s_firstDelay;
        var told = false;
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(() => (delay, told, failures) = (s_firstDelay, true, 0), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // Protects the loop from whatever a stream, a frame or a connection can do: what is known stays and grows older.
                // Logged at 1, 2, 4, 8, ... failures.
                if ((++failures & (failures - 1)) == 0 && (told || failures >= LateAfterFailures))
                {
                    Log.Broken(logger, name, failure.GetType().Name, failure.Message);
                }
            }

            try
            {
                // Half of it by chance, so that the readers of a restarted service do not come all at once.
                await Task.Delay((delay / 2) + (delay / 2 * Random.Shared.NextDouble()), Clock, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            var longest = told ? s_longestDelay : s_longestFirstDelay;
            delay = delay * 2 > longest ? longest : delay * 2;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The {Feed} feed broke and is read again: {Error}: {Message}", EventName = "FeedBroken")]
        public static partial void Broken(ILogger logger, string feed, string error, string message);
    }
}
