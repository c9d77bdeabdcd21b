using Marten.Events;
using Marten.Exceptions;
using Marten.Json;
using Marten.Sql;
using Npgsql;

namespace Marten.Sessions;

/// <summary>One save: prepare, send everything as one batch (one transaction, one round trip), tell the listeners.</summary>
internal sealed class SessionSave(DocumentSession session)
{
    private readonly DocumentStore _store = session.DataStore;

    public async Task RunAsync(CancellationToken ct)
    {
        IDocumentSessionListener[] listeners = session.IsProjection ? [] : [.. session.Listeners, .. _store.Options.Listeners];
        foreach (var listener in listeners)
        {
            await listener.BeforeSaveChangesAsync(session, ct);
        }

        if (!session.HasChanges)
        {
            return;
        }

        var streams = session.Streams.Pending;
        CheckNumber(streams);
        var preparation = new StreamPreparation(session, streams);
        if (streams.Count > 0)
        {
            await preparation.RunAsync(ct);
            await ProjectInlineAsync(streams, ct);
        }

        await SendAsync(streams, preparation, ct);
        var changes = listeners.Length > 0 ? session.TakeChanges() : null;
        session.ClearOperations();
        streams.ForEach(s => s.Committed());
        if (streams.Count > 0 && !session.IsProjection)
        {
            _store.Commits.Signal();
        }

        foreach (var listener in listeners)
        {
            try
            {
                await listener.AfterCommitAsync(session, changes!, ct);
            }
            catch (Exception e)
            {
                // The commit stands. A listener that fails must neither make it look failed nor keep the others from hearing of it.
                StoreLog.ListenerFailed(_store.Log, listener.GetType().Name, e);
            }
        }
    }

    private void CheckNumber(List<StreamAction> streams)
    {
        var count = streams.Sum(s => s.Pending.Count);
        if (count > _store.Options.MaxEventsPerSave)
        {
            throw new InvalidOperationException($"One save may append at most {_store.Options.MaxEventsPerSave} events; this one has {count}.");
        }
    }

    private async Task ProjectInlineAsync(List<StreamAction> streams, CancellationToken ct)
    {
        if (_store.Options.Projections.Inline is not { Count: > 0 } projections)
        {
            return;
        }

        List<IEvent> events = [.. streams.SelectMany(s => s.Events)];
        foreach (var projection in projections)
        {
            await projection.ApplyAsync(session, events, ct);
        }

        if (session.Streams.Pending.Sum(s => s.Pending.Count) != events.Count)
        {
            throw new InvalidOperationException("An inline projection appended events: it may only change documents.");
        }
    }

    private async Task SendAsync(List<StreamAction> streams, StreamPreparation preparation, CancellationToken ct)
    {
        // Streams first: whoever keeps one for itself (FetchForExclusiveWriting) has locked it before anything else, so all lock in this order.
        List<Statement> statements = [.. streams.Select(StreamRow), .. session.Operations.Select(o => o.ToStatement(_store))];
        var headers = preparation.Headers is { Count: > 0 } given ? _store.Json.Guard(HeaderJson.Write(given)!, "the event headers") : null;
        foreach (var stream in streams)
        {
            for (var at = 0; at < stream.Pending.Count; at += EventInsert.MaxRows)
            {
                var rows = stream.Pending.GetRange(at, Math.Min(EventInsert.MaxRows, stream.Pending.Count - at));
                statements.Add(EventInsert.For(_store, rows, headers, preparation.Timestamp));
            }
        }

        foreach (var stream in streams)
        {
            statements.AddRange(stream.NewSnapshots.Select(s =>
                ProjectedOperation.Upsert(_store, _store.Options.Schema.Find(s.Key), stream.Id, s.Value, stream.Pending[^1].Version)));
        }

        try
        {
            await session.Database.RunAsync(statements, ct);
            await session.CommitAsync(ct);
            StoreMetrics.Appended.Add(streams.Sum(s => s.Pending.Count));
        }
        catch (MartenCommandException e) when (e.SqlState == PostgresErrors.UniqueViolation)
        {
            throw Collision(streams, e);
        }
        catch (MartenCommandException e) when (e.SqlState == PostgresErrors.DeadlockDetected && streams.Count > 0)
        {
            // Of two that waited for each other the other one goes on; nothing of this one is kept.
            throw Lost(streams, e);
        }
    }

    // A version that moved makes this update touch no row, which raises nothing; the unique index on (stream, version) is what rejects.
    private Statement StreamRow(StreamAction stream) => stream.ServerVersion == 0
        ? new Statement(
            _store.Sql.StartStream,
            [P.Uuid(stream.Id), P.Text(stream.AggregateType is { } type ? _store.Sql.AliasOf(type) : null), P.Long(stream.Pending[^1].Version)])
        : new Statement(
            _store.Sql.AdvanceStream,
            [P.Uuid(stream.Id), P.Long(stream.Pending[^1].Version), P.Long(stream.ServerVersion!.Value)]);

    private Exception Collision(List<StreamAction> streams, MartenCommandException e)
    {
        if (e.ConstraintName == "pk_mt_events_stream_and_version")
        {
            return Lost(streams, e);
        }

        if (e.ConstraintName == "pkey_mt_streams_id")
        {
            var begun = streams.FindAll(s => s.ServerVersion == 0);
            return begun.TrueForAll(s => !s.IsStart) ? Lost(begun, e)
                : new ExistingStreamIdCollisionException(begun is [var only] ? only.Id : null, begun.Find(s => s.IsStart)?.AggregateType, e);
        }

        var table = (e.InnerException as PostgresException)?.TableName;
        if (_store.Options.Schema.Mappings.FirstOrDefault(m => m.Table == table) is { } mapping)
        {
            var ids = session.PendingIds(mapping.DocumentType);
            return new DocumentAlreadyExistsException(mapping.DocumentType, ids is [var id] ? id : null, e.ConstraintName, e);
        }

        return e;
    }

    private static EventStreamUnexpectedMaxEventIdException Lost(List<StreamAction> among, MartenCommandException e)
    {
        StoreMetrics.Conflicts.Add(1);
        return new(among is [var only] ? only.Id : null, among is [var one] ? one.ServerVersion : null, null, e);
    }
}
