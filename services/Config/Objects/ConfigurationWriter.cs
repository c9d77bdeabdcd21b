using ManagedOAuth.Config.Feed;
using Marten;
using Wolverine.Marten;

namespace ManagedOAuth.Config.Objects;

/// <summary>Saves changes of configuration: events, snapshots and messages in one transaction, one writer at a time over all replicas.</summary>
public sealed class ConfigurationWriter(IDocumentStore store, IMartenOutbox outbox, ConfigurationLog log, IHttpContextAccessor caller)
{
    // One number for "somebody changes the configuration". Under it sequence numbers are handed out and committed in one order, which is
    // what lets every reader of the feed go forward by position alone.
    internal const long WriteLock = 0x4d4f_434f_4e46_4947;

    /// <summary>A unit of work in the name of the caller.</summary>
    public IDocumentSession Begin()
    {
        var session = store.LightweightSession();
        session.LastModifiedBy = caller.HttpContext?.Items[Api.ApiTokenFilter.ActorKey] as string ?? "system";
        session.QueueSqlCommand("select pg_advisory_xact_lock(?)", WriteLock);
        outbox.Enroll(session);
        return session;
    }

    /// <summary>Notes that an object changes, so that those whose grants it touches are told.</summary>
    public ValueTask AnnounceAsync(string kind, Guid id, long version) => outbox.PublishAsync(new ConfigurationChanged(kind, id, version));

    /// <summary>Saves, and waits until this process serves what was saved.</summary>
    public async Task<ConfigurationState> SaveAsync(IDocumentSession session, Guid id, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(session);
        await session.SaveChangesAsync(ct);
        await using var query = store.QuerySession();
        var events = await query.Events.QueryEventsAsync(new Marten.Events.EventQuery { StreamId = id, Descending = true, PageSize = 1 }, ct);
        return await log.WaitForAsync(events.Events.Count == 0 ? 0 : events.Events[0].Sequence, ct);
    }
}
