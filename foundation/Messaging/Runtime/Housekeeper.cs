using Microsoft.Extensions.Logging;
using Wolverine.Postgresql;

namespace Wolverine.Runtime;

/// <summary>Deletes what the inbox need not remember any longer.</summary>
internal sealed partial class Housekeeper(NodeStore store, DurabilitySettings settings, ILogger<Housekeeper> logger)
{
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await Task.Delay(settings.HousekeepingInterval, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (!ct.IsCancellationRequested && await store.ForgetHandledAsync(settings.KeepAfterMessageHandling, ct) is > 0 and var count)
                {
                    LogForgotten(count);
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Protects the loop: rows that stay a while longer do no harm.
                LogFailed(failure.Message);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "Deleted {Count} old inbox rows")]
    private partial void LogForgotten(int count);

    [LoggerMessage(2, LogLevel.Warning, "Deleting old inbox rows failed: {Error}")]
    private partial void LogFailed(string error);
}
