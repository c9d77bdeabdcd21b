using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Idempotency;
using Marten;
using Marten.Exceptions;
using Wolverine.Marten;

namespace ManagedOAuth.Config.Objects;

/// <summary>
/// Changes the configuration, one writer at a time over all replicas: the lock is taken first, the newest configuration is read under it, and
/// only then is anything decided. So what a decision saw (a reference exists, nothing uses an object, an address is free) is still so when it is saved.
/// </summary>
public sealed class ConfigurationWriter(
    IDocumentStore store, IMartenOutbox outbox, ConfigurationLog log, ConfigurationLoader loader, WriterGate gate, IHttpContextAccessor caller)
{
    // One number for "somebody changes the configuration". Under it sequence numbers are handed out and committed in one order, which is
    // what lets every reader of the feed go forward by position alone.
    internal const long WriteLock = 0x4d4f_434f_4e46_4947;

    /// <summary>Waits for the lock and reads the newest configuration: the beginning of a change.</summary>
    /// <param name="ct">Cancels.</param>
    /// <param name="actor">In whose name; the caller of this request when null.</param>
    /// <param name="isTransfer">Whether objects of a file are written: <see cref="ConfigurationDraft.IsTransfer"/>.</param>
    /// <exception cref="TimeoutException">Other writers did not finish in time.</exception>
    /// <exception cref="StoreUnavailableException">The database does not answer, or another replica holds the lock for too long.</exception>
    public async Task<ConfigurationChange> BeginAsync(CancellationToken ct, string? actor = null, bool isTransfer = false)
    {
        var turn = await gate.EnterAsync(ct);
        var session = store.LightweightSession();
        try
        {
            session.LastModifiedBy = actor ?? caller.HttpContext?.Items[Api.ApiTokenFilter.ActorKey] as string ?? "system";
            session.CausationId = Guid.NewGuid().ToString();
            outbox.Enroll(session);
            await session.BeginTransactionAsync(ct);
            await session.ExecuteAsync("select pg_advisory_xact_lock(?)", ct, WriteLock);
            if (IdempotencyScope.Of(caller.HttpContext) is { } scope)
            {
                await scope.ThrowIfAnsweredAsync(session, ct);
            }

            var state = await loader.CatchUpAsync(log.Current, session, ct);
            return new ConfigurationChange(session, state, turn) { Draft = new ConfigurationDraft(state) { IsTransfer = isTransfer } };
        }
        catch
        {
            await session.DisposeAsync();
            turn.Dispose();
            throw;
        }
    }

    /// <summary>Notes that objects change, so that those whose grants they touch are told.</summary>
    public ValueTask AnnounceAsync(params IReadOnlyList<ConfigurationChanged> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        return changes.Count switch
        {
            0 => ValueTask.CompletedTask,
            1 => outbox.PublishAsync(changes[0]),
            _ => outbox.PublishAsync(new ConfigurationsChanged(changes)),
        };
    }

    /// <summary>Saves, lets the next writer in, and waits until this process serves what was saved.</summary>
    /// <exception cref="InvalidOperationException">The request asks for a dry run: nothing may be saved.</exception>
    public async Task<ConfigurationState> SaveAsync(ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (caller.HttpContext is { } context && DryRuns.DryRun.IsAsked(context.Request))
        {
            throw new InvalidOperationException("A dry run came to the point of saving.");
        }

        change.Draft.SaveTo(change.Session);
        await change.Session.SaveChangesAsync(ct);
        await change.DisposeAsync();
        await using var query = store.QuerySession();
        var events = await query.Events.QueryEventsAsync(new Marten.Events.EventQuery { Descending = true, PageSize = 1 }, ct);
        return await log.WaitForAsync(events.Events.Count == 0 ? 0 : events.Events[0].Sequence, ct);
    }
}
