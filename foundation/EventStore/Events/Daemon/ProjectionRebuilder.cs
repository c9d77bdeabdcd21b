using Marten.Events.Aggregation;
using Marten.Sessions;
using Marten.Sql;

namespace Marten.Events.Daemon;

/// <summary>Makes read models anew from the events.</summary>
internal sealed class ProjectionRebuilder(DocumentStore store)
{
    private const int StreamsPerPage = 200;
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(50);

    private string Schema => store.Options.DatabaseSchemaName;

    public IReadOnlyList<string> Names => [.. store.Options.Projections.Async.Select(p => p.Name), .. store.Options.Projections.Snapshots.Select(s => s.AggregateType.Name)];

    public async Task RebuildAsync(string name, CancellationToken ct)
    {
        var projections = store.Options.Projections;
        if (projections.Async.FirstOrDefault(p => p.Name == name) is { } projection)
        {
            var target = await store.Feed.CommittedAsync(ct);
            await ResetAsync(projection, ct);
            await ReplayAsync(new AsyncProjectionShard(store, projection), target, ct);
        }
        else if (projections.Snapshots.FirstOrDefault(s => s.AggregateType.Name == name) is { } snapshot)
        {
            await RefoldAsync(snapshot, ct);
        }
        else
        {
            throw new ArgumentException($"There is no projection '{name}'; known: {string.Join(", ", Names)}.", nameof(name));
        }
    }

    // One transaction. A runner that is in the middle of a page holds the progress row, so this waits for it; its next page then finds the row moved and starts over.
    private Task<int> ResetAsync(Projections.AsyncProjection projection, CancellationToken ct)
    {
        List<Statement> statements =
        [
            new($"insert into {Schema}.mt_event_progression (name, last_seq_id) values ($1, 0) on conflict (name) do update set last_seq_id = 0, last_updated = transaction_timestamp()", [P.Text(projection.ProgressName)]),
            .. projection.Views.Select(view => new Statement($"delete from {Schema}.{store.Options.Schema.Find(view).Table}", [])),
            new($"delete from {Schema}.{store.Options.Schema.Find(typeof(DeadLetterEvent)).Table} where data ->> 'projectionName' = $1", [P.Text(projection.Name)]),
        ];
        return store.Database.RunAsync(statements, ct);
    }

    private async Task ReplayAsync(AsyncProjectionShard shard, long target, CancellationToken ct)
    {
        var runner = new ProjectionRunner(store, shard, exclusive: true);
        while (!await runner.LeadAsync(target, null, ct))
        {
            if ((await store.Feed.ProgressAsync(ct)).Any(p => p.Name == shard.Name && p.Sequence >= target))
            {
                return;
            }

            await Task.Delay(LockPoll, store.Time, ct);
        }
    }

    // An append that comes in between has written a newer snapshot; the version keeps this one from replacing it.
    private async Task RefoldAsync(SnapshotMapping snapshot, CancellationToken ct)
    {
        var session = new DocumentSession(store, store.Database);
        await using var _ = session;
        var last = Guid.Empty;
        List<Guid> ids;
        do
        {
            ids = await store.Database.QueryAsync(
                $"select id from {Schema}.mt_streams where id > $1 and coalesce(is_archived, false) = false order by id limit {StreamsPerPage}",
                [P.Uuid(last)], row => row.GetGuid(0), ct);
            foreach (var id in ids)
            {
                last = id;
                var events = await session.Events.FetchStreamAsync(id, ct: ct);
                if (events.Any(e => snapshot.Handles(e.EventType)) && snapshot.FoldJson(null, events, store.Graph, store.Json) is { } json)
                {
                    await store.Database.RunAsync([ProjectedOperation.Upsert(store, snapshot.Document, id, json, events[^1].Version, onlyForward: true)], ct);
                }
            }
        }
        while (ids.Count == StreamsPerPage);
    }
}
