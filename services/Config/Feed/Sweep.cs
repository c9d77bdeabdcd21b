using ManagedOAuth.Config.Idempotency;
using ManagedOAuth.Config.Transfer.Jobs;
using Marten;

namespace ManagedOAuth.Config.Feed;

/// <summary>Once an hour forgets what has had its time: answers to idempotency keys, readers that are gone, jobs that ended.</summary>
public sealed partial class Sweep(IDocumentStore store, TimeProvider clock, ILogger<Sweep> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromHours(1);

    /// <summary>Forgets now.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        const string Older = "where (d.data ->> 'at')::timestamptz < ?";
        await using var session = store.LightweightSession();
        session.DeleteWhere<IdempotentAnswer>(Older, clock.GetUtcNow() - IdempotentAnswer.Lifetime);
        session.DeleteWhere<FeedReader>(Older, clock.GetUtcNow() - FeedReaders.Forgotten);
        session.DeleteWhere<TransferJob>("where (d.data ->> 'endedAt')::timestamptz < ?", clock.GetUtcNow() - TransferJobs.Kept);
        await session.SaveChangesAsync(ct);
    }

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
#pragma warning disable CA1031 // What is not forgotten now is forgotten an hour later.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                LogFailed(logger, failed);
            }

            await Task.Delay(s_period, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "What has had its time could not be forgotten; trying again in an hour")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
