using Marten.Events;
using Marten.Events.Aggregation;
using Marten.Exceptions;
using Marten.Sql;

namespace Marten.Sessions;

/// <summary>
/// Makes streams ready to be saved: reads what is not known yet (in one round trip, none in the usual case), checks expected versions,
/// numbers the events, stamps them and folds the snapshots.
/// </summary>
internal sealed class StreamPreparation(DocumentSession session, IReadOnlyList<StreamAction> streams)
{
    private readonly DocumentStore _store = session.DataStore;
    private readonly Dictionary<StreamAction, List<SnapshotMapping>> _snapshots = new(streams.Count);
    private DateTimeOffset? _serverTime;

    /// <summary>The server's clock where a fold looks at timestamps; null = the database fills in its now().</summary>
    public DateTimeOffset? Timestamp { get; private set; }

    /// <summary>Headers of all events of this save, the actor included.</summary>
    public IReadOnlyDictionary<string, object?> Headers { get; } = session.EventHeaders();

    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var stream in streams)
        {
            _snapshots[stream] = SnapshotsOf(stream);
        }

        await ReadMissingAsync(ct);
        foreach (var stream in streams)
        {
            if (stream.ExpectedVersionOnServer is { } expected && expected != stream.ServerVersion)
            {
                throw new EventStreamUnexpectedMaxEventIdException(stream.Id, expected, stream.ServerVersion);
            }

            stream.AssignVersions();
        }

        if (streams.Any(LooksAtMetadata))
        {
            Timestamp = _serverTime ?? streams.Max(s => s.ServerTime);
        }

        Stamp();
        foreach (var stream in streams)
        {
            stream.NewSnapshots.Clear();
            foreach (var snapshot in _snapshots[stream])
            {
                if (snapshot.FoldJson(stream.Snapshots.GetValueOrDefault(snapshot.AggregateType), stream.Events, _store.Graph, _store.Json) is { } json)
                {
                    stream.NewSnapshots[snapshot.AggregateType] = json;
                }
            }
        }
    }

    /// <summary>The inline snapshots that these events change.</summary>
    private List<SnapshotMapping> SnapshotsOf(StreamAction stream)
    {
        var snapshots = new List<SnapshotMapping>();
        foreach (var snapshot in _store.InlineSnapshots)
        {
            if (snapshot.AggregateType == stream.AggregateType || stream.Pending.Exists(e => snapshot.Handles(e.EventType)))
            {
                snapshots.Add(snapshot);
            }
        }

        return snapshots;
    }

    private bool LooksAtMetadata(StreamAction stream) => _snapshots[stream].Exists(m => m.UsesMetadata);

    private async Task ReadMissingAsync(CancellationToken ct)
    {
        var statements = new List<Statement>();
        var reads = new List<(StreamAction Stream, SnapshotMapping? Snapshot, StreamRead? Read)>();
        foreach (var stream in streams)
        {
            if (stream.IsStart)
            {
                stream.Found(0, null);
                continue;
            }

            List<SnapshotMapping?> missing = [.. _snapshots[stream].FindAll(m => !stream.Snapshots.ContainsKey(m.AggregateType))];
            if (missing.Count == 0 && stream.ServerVersion is null)
            {
                missing.Add(null);
            }

            foreach (var snapshot in missing)
            {
                var at = reads.Count;
                reads.Add((stream, snapshot, null));
                statements.Add(session.Streams.ReadStatement(stream.Id, snapshot, read => reads[at] = (stream, snapshot, read)));
            }
        }

        if (streams.Any(LooksAtMetadata) && streams.All(s => s.ServerTime is null))
        {
            statements.Add(new Statement("select clock_timestamp() as mt_r_now", [], row => _serverTime = row.GetFieldValue<DateTimeOffset>(0)));
        }

        if (statements.Count > 0)
        {
            await session.Database.RunAsync(statements, ct);
        }

        foreach (var (stream, snapshot, read) in reads)
        {
            await TakeAsync(stream, snapshot, read, ct);
        }
    }

    private async Task TakeAsync(StreamAction stream, SnapshotMapping? snapshot, StreamRead? read, CancellationToken ct)
    {
        if (read is { Archived: true })
        {
            throw new InvalidStreamOperationException($"Stream {stream.Id} is archived.");
        }

        var version = read?.Version ?? 0;
        if (stream.ServerVersion is { } known && known != version)
        {
            throw new EventStreamUnexpectedMaxEventIdException(stream.Id, known, version);
        }

        stream.Found(version, read?.ServerTime);
        if (snapshot is not null)
        {
            stream.Snapshots[snapshot.AggregateType] = read is null
                ? null
                : (await session.Streams.RefoldIfStaleAsync(stream.Id, read, snapshot, ct)).State;
        }
    }

    private void Stamp()
    {
        foreach (var stream in streams)
        {
            foreach (var e in stream.Pending)
            {
                e.CorrelationId = session.CorrelationId;
                e.CausationId = session.CausationId;
                e.Headers = Headers.Count > 0 ? Headers : null;
                e.Timestamp = Timestamp ?? default;
            }
        }
    }
}
