using Marten;

namespace ManagedOAuth.Token.Refresh;

/// <summary>Deletes kept successors when their window is over, so that nothing decryptable stays behind.</summary>
public sealed partial class SuccessorSweep(IDocumentStore store, TimeProvider clock, ILogger<SuccessorSweep> logger) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    // A replica whose clock is ahead must not take away what another still promises.
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(5);

    /// <summary>Deletes what is over now.</summary>
    public async Task SweepAsync(CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        session.DeleteWhere<RefreshSuccessor>("where (data ->> 'expiresAt')::bigint < ?", (clock.GetUtcNow() - s_slack).ToUnixTimeMilliseconds());
        await session.SaveChangesAsync(cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Protects the loop: the next round deletes what this one could not.
                LogFailed(logger, e.GetType().Name);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(s_pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Kept successors could not be deleted ({Error}); it is tried again.", EventName = "SuccessorSweepFailed")]
    private static partial void LogFailed(ILogger logger, string error);
}
