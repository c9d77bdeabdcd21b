using ManagedOAuth.Contracts.ConfigFeed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.ServiceDefaults.Snapshots;

/// <summary>Reads Config's feed for as long as the process lives: from the last position on, again after every break.</summary>
internal sealed partial class ConfigurationReader(
    ConfigFeed.ConfigFeedClient client, ConfigurationSnapshots snapshots, TimeProvider clock, ILogger<ConfigurationReader> logger) : BackgroundService
{
    // Frames come at least once a second; a stream that is silent for longer is dead, whatever its socket says.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(2);

    // Before the first frame all services are starting, and every pause is a part of how long that takes.
    private static readonly TimeSpan s_longestFirstDelay = TimeSpan.FromMilliseconds(250);

    // By then the first frame is late and not only not there yet: about five seconds.
    private const int LateAfterFailures = 32;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var delay = s_firstDelay;
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(() => (delay, failures) = (s_firstDelay, 0), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // Protects the loop from whatever a stream, a frame or a connection can do: the last snapshot stays, its
                // staleness grows, and the next attempt begins where this one stopped. Logged at 1, 2, 4, 8, ... failures.
                if ((++failures & (failures - 1)) == 0 && (snapshots.IsLoaded || failures >= LateAfterFailures))
                {
                    Log.Broken(logger, exception.GetType().Name, exception.Message);
                }
            }

            try
            {
                // Half of it by chance, so that the readers of a restarted Config do not come all at once.
                await Task.Delay((delay / 2) + (delay / 2 * Random.Shared.NextDouble()), clock, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            var longest = snapshots.IsLoaded ? s_longestDelay : s_longestFirstDelay;
            delay = delay * 2 > longest ? longest : delay * 2;
        }
    }

    private async Task ReadAsync(Action progressed, CancellationToken stopping)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var call = client.Watch(snapshots.NextRequest(), cancellationToken: reading.Token);
        var stream = call.ResponseStream;
        try
        {
            while (await stream.MoveNext(reading.Token).WaitAsync(s_silence, clock, stopping))
            {
                snapshots.Apply(stream.Current);
                progressed();
            }
        }
        finally
        {
            // Also when it was our silence limit that ended it: the call must not go on behind our back.
            await reading.CancelAsync();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The configuration feed broke, reading on from the last position: {Error}: {Message}", EventName = "ConfigurationFeedBroken")]
        public static partial void Broken(ILogger logger, string error, string message);
    }
}
