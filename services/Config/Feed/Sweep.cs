using ManagedOAuth.Config.Idempotency;
using ManagedOAuth.Config.Portals.Alerts;
using ManagedOAuth.Config.Transfer.Jobs;
using ManagedOAuth.ServiceDefaults.Store;
using Marten;

namespace ManagedOAuth.Config.Feed;

/// <summary>Once an hour forgets what has had its time: answers to idempotency keys, readers that are gone, jobs that ended, alerts that are over, logins that were in order.</summary>
public sealed class Sweep(IDocumentStore store, TimeProvider clock, ILogger<Sweep> logger) : PeriodicSweep(Hourly, clock, logger)
{
    public override async Task RunAsync(CancellationToken cancellation)
    {
        const string Older = "where (d.data ->> 'at')::timestamptz < ?";
        await using var session = store.LightweightSession();
        session.DeleteWhere<IdempotentAnswer>(Older, Clock.GetUtcNow() - IdempotentAnswer.Lifetime);
        session.DeleteWhere<FeedReader>(Older, Clock.GetUtcNow() - FeedReaders.Forgotten);
        session.DeleteWhere<TransferJob>("where (d.data ->> 'endedAt')::timestamptz < ?", Clock.GetUtcNow() - TransferJobs.Kept);
        session.DeleteWhere<McpAlert>("where (d.data ->> 'resolvedAt')::timestamptz < ?", Clock.GetUtcNow() - McpAlert.Kept);
        session.DeleteWhere<McpUserLogin>("where not (d.data ->> 'isStale')::boolean and coalesce(d.data ->> 'missingScope', '') = '' and (d.data ->> 'at')::timestamptz < ?", Clock.GetUtcNow() - McpUserLogin.Kept);
        await session.SaveChangesAsync(cancellation);
    }
}
