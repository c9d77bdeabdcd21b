using Grpc.Core;
using ManagedOAuth.Contracts.ConfigFeed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.ServiceDefaults.Snapshots;

/// <summary>
/// Tells Config how far this process is: whoever changes the configuration can wait until it is in force everywhere. A report that does not get
/// through costs nothing but that wait.
/// </summary>
internal sealed partial class AppliedReports(
    ConfigFeed.ConfigFeedClient client, ConfigurationSnapshots snapshots, TimeProvider clock, ILogger<AppliedReports> logger) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly string _reader = $"{Environment.MachineName[..Math.Min(60, Environment.MachineName.Length)]}-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await snapshots.WaitUntilLoadedAsync(stoppingToken);
                var told = snapshots.Current;
                await client.AppliedAsync(
                    new AppliedRequest { Reader = _reader, Epoch = told.Epoch, Position = told.Position },
                    deadline: clock.GetUtcNow().UtcDateTime + s_patience,
                    cancellationToken: stoppingToken);
                await snapshots.WaitForPositionAsync(told.Position + 1, s_interval, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // Protects the loop from whatever the call can do: Config is away, or older than this process.
                Log.Failed(logger, exception is RpcException refused ? refused.StatusCode.ToString() : exception.GetType().Name);
                await Task.Delay(s_interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Config was not told how far this process is: {Error}", EventName = "AppliedNotReported")]
        public static partial void Failed(ILogger logger, string error);
    }
}
