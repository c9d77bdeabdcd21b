namespace ManagedOAuth.Edge.Feeds;

/// <summary>
/// Reads one feed of Token for as long as the process lives: again after every break, with growing pauses, and given up as dead when it
/// is silent for longer than its server ever is.
/// </summary>
internal abstract partial class FeedLoop(string name, TimeProvider clock, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(2);

    protected TimeProvider Clock { get; } = clock;

    /// <summary>Opens the stream and applies its frames until it ends or fails.</summary>
    /// <param name="progressed">To be called after each frame.</param>
    /// <param name="cancellation">Ends the reading.</param>
    protected abstract Task ReadAsync(Action progressed, CancellationToken cancellation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var delay = s_firstDelay;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(() => delay = s_firstDelay, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // Protects the loop from whatever a stream, a frame or a connection can do: what is known stays and grows older.
                if (delay == s_firstDelay || delay == s_longestDelay)
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

            delay = delay * 2 > s_longestDelay ? s_longestDelay : delay * 2;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The {Feed} feed broke and is read again: {Error}: {Message}", EventName = "FeedBroken")]
        public static partial void Broken(ILogger logger, string feed, string error, string message);
    }
}
