using System.Runtime.CompilerServices;
using Marten.Events.Aggregation;
using Marten.Sessions;
using Marten.Sql;
using Npgsql;

namespace Marten.Events;

/// <summary>Reads of the event store for one session.</summary>
internal class EventReads(QuerySession session) : IQueryEventStore
{
    protected DocumentStore Store => session.DataStore;

    protected Database Database => session.Database;

    private string Schema => Store.Options.DatabaseSchemaName;

    public async Task<IReadOnlyList<IEvent>> FetchStreamAsync(Guid streamId, long version = 0, DateTimeOffset? timestamp = null, long fromVersion = 0, CancellationToken ct = default)
    {
        var sql = $"select {StoredEvent.Columns} from {Schema}.mt_events where stream_id = $1 and is_archived = false";
        var parameters = new List<NpgsqlParameter> { P.Uuid(streamId) };
        if (version > 0)
        {
            parameters.Add(P.Long(version));
            sql += $" and version <= ${parameters.Count}";
        }

        if (timestamp is { } time)
        {
            parameters.Add(P.Time(time));
            sql += $" and timestamp <= ${parameters.Count}";
        }

        if (fromVersion > 0)
        {
            parameters.Add(P.Long(fromVersion));
            sql += $" and version >= ${parameters.Count}";
        }

        return Materialize(await Database.QueryAsync(sql + " order by seq_id", parameters, StoredEvent.Read, ct));
    }

    public async Task<T?> AggregateStreamAsync<T>(Guid streamId, long version = 0, DateTimeOffset? timestamp = null, CancellationToken ct = default) where T : class
        => Aggregate<T>(await FetchStreamAsync(streamId, version, timestamp, ct: ct));

    public T? Aggregate<T>(IEnumerable<IEvent> events) where T : class
    {
        var fold = Store.FoldFor<T>();
        return events.Aggregate((T?)null, (state, e) => fold.Apply(state, e, Store.Graph));
    }

    public async Task<T?> FetchLatest<T>(Guid streamId, CancellationToken ct = default) where T : class
    {
        if (Store.SnapshotFor(typeof(T)) is not { } snapshot)
        {
            return await AggregateStreamAsync<T>(streamId, ct: ct);
        }

        var read = await ReadForWriteAsync(streamId, snapshot, ct);
        return read is { Archived: false, State: { } state } ? Store.Json.Read<T>(state) : null;
    }

    public async Task<StreamState?> FetchStreamStateAsync(Guid streamId, CancellationToken ct = default)
    {
        var rows = await Database.QueryAsync(
            $"select id, coalesce(version, 0), type, timestamp, created, coalesce(is_archived, false) from {Schema}.mt_streams where id = $1",
            [P.Uuid(streamId)],
            row => new StreamState(
                row.GetGuid(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetString(2),
                row.GetFieldValue<DateTimeOffset>(3), row.GetFieldValue<DateTimeOffset>(4), row.GetBoolean(5)),
            ct);
        return rows.FirstOrDefault();
    }

    public async Task<IReadOnlyList<IEvent>> FetchPrecedingAsync(IEnumerable<IEvent> events, CancellationToken ct = default)
    {
        var wanted = events.Where(e => e.Version > 1).ToList();
        return wanted.Count == 0 ? [] : Materialize(await Database.QueryAsync(
            $"select {StoredEvent.Columns} from {Schema}.mt_events where (stream_id, version) in (select * from unnest($1, $2)) and is_archived = false",
            [new NpgsqlParameter { Value = wanted.ConvertAll(e => e.StreamId) }, new NpgsqlParameter { Value = wanted.ConvertAll(e => e.Version - 1) }],
            StoredEvent.Read,
            ct));
    }

    public async Task<EventPage> QueryEventsAsync(EventQuery query, CancellationToken ct = default)
    {
        var (sql, parameters) = EventQuerySql.Build(query, Schema, Store.Graph);
        var events = Materialize(await Database.QueryAsync(sql, parameters, StoredEvent.Read, ct));
        return new EventPage(events, events.Count > 0 ? events[^1].Sequence : query.After ?? 0, events.Count == query.PageSize);
    }

    public async IAsyncEnumerable<IEvent> StreamEventsAsync(EventQuery query, [EnumeratorCancellation] CancellationToken ct = default)
    {
        EventPage page;
        do
        {
            page = await QueryEventsAsync(query, ct);
            foreach (var e in page.Events)
            {
                yield return e;
            }

            query = query with { After = page.Next };
        }
        while (page.HasMore);
    }

    /// <summary>
    /// Stream version and snapshot, read in one statement so that they belong together. A snapshot that is missing or stale (the type was
    /// added later, or someone appended without it) is folded again from the events, and the next save writes it. Null if there is no stream.
    /// </summary>
    public async Task<StreamRead?> ReadForWriteAsync(Guid streamId, SnapshotMapping? snapshot, CancellationToken ct)
    {
        StreamRead? found = null;
        await Database.RunAsync([ReadStatement(streamId, snapshot, read => found = read)], ct);
        return found is null || snapshot is null ? found : await RefoldIfStaleAsync(streamId, found, snapshot, ct);
    }

    public Statement ReadStatement(Guid streamId, SnapshotMapping? snapshot, Action<StreamRead> found) => snapshot is null
        ? new Statement(Store.Sql.ReadStream, [P.Uuid(streamId)],
            row => found(new StreamRead(row.GetInt64(0), row.GetBoolean(1), row.GetFieldValue<DateTimeOffset>(2), null, null)))
        : new Statement(Store.Sql.ReadStreamWith(snapshot.Document), [P.Uuid(streamId)],
            row => found(new StreamRead(row.GetInt64(0), row.GetBoolean(1), row.GetFieldValue<DateTimeOffset>(2),
                row.IsDBNull(3) ? null : row.GetInt64(3), row.IsDBNull(4) ? null : row.GetFieldValue<byte[]>(4))));

    public async Task<StreamRead> RefoldIfStaleAsync(Guid streamId, StreamRead read, SnapshotMapping snapshot, CancellationToken ct)
    {
        if (read.Archived || read.SnapshotVersion == read.Version)
        {
            return read;
        }

        var events = await FetchStreamAsync(streamId, read.Version, ct: ct);
        return read with { State = snapshot.FoldJson(null, events, Store.Graph, Store.Json), SnapshotVersion = read.Version };
    }

    protected IReadOnlyList<IEvent> Materialize(List<StoredEvent> rows) => rows.ConvertAll<IEvent>(row => row.Materialize(Store.Graph, Store.Json));
}

/// <summary>A stream as found in the database.</summary>
internal sealed record StreamRead(long Version, bool Archived, DateTimeOffset ServerTime, long? SnapshotVersion, byte[]? State);
