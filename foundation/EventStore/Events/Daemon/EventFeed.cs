namespace Marten.Events.Daemon;

/// <summary>Reads for feeds and operators.</summary>
internal sealed class EventFeed(DocumentStore store)
{
    private static readonly TimeSpan ProgressPoll = TimeSpan.FromMilliseconds(25);

    public async Task<EventPage> ReadSafeAsync(EventQuery query, CancellationToken ct)
    {
        if (query.Descending)
        {
            throw new ArgumentException("A feed is read in ascending order.", nameof(query));
        }

        var after = query.After ?? 0;
        var (mark, _) = await store.HighWater.DetectAsync(0, ct);
        if (mark <= after)
        {
            return new EventPage([], after, false);
        }

        var page = await ReadAsync(query, mark, ct);
        return page.HasMore ? page : page with { Next = mark };
    }

    public Task<EventPage> ReadVisibleAsync(EventQuery query, CancellationToken ct) => ReadAsync(query, null, ct);

    public async Task<IReadOnlyList<ProjectionProgress>> ProgressAsync(CancellationToken ct) => await store.Database.QueryAsync(
        $"select name, coalesce(last_seq_id, 0), last_updated from {store.Options.DatabaseSchemaName}.mt_event_progression order by name",
        [],
        row => new ProjectionProgress(row.GetString(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2)),
        ct);

    /// <summary>Largest sequence that is committed.</summary>
    public async Task<long> CommittedAsync(CancellationToken ct)
    {
        var rows = await store.Database.QueryAsync(
            $"select coalesce(max(seq_id), 0) from {store.Options.DatabaseSchemaName}.mt_events", [], row => row.GetInt64(0), ct);
        return rows[0];
    }

    public async Task WaitForProjectionsAsync(TimeSpan timeout, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(timeout, store.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            var target = await CommittedAsync(either.Token);
            foreach (var projection in store.Options.Projections.Async)
            {
                await WaitForAsync(projection.ProgressName, target, either.Token);
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new TimeoutException($"The projections did not catch up within {timeout}.");
        }
    }

    public async Task WaitForAsync(string progressName, long target, CancellationToken ct)
    {
        while (!(await ProgressAsync(ct)).Any(p => p.Name == progressName && p.Sequence >= target))
        {
            await Task.Delay(ProgressPoll, store.Time, ct);
        }
    }

    private async Task<EventPage> ReadAsync(EventQuery query, long? ceiling, CancellationToken ct)
    {
        var (sql, parameters) = EventQuerySql.Build(query, store.Options.DatabaseSchemaName, store.Graph, ceiling);
        var rows = await store.Database.QueryAsync(sql, parameters, StoredEvent.Read, ct);
        List<IEvent> events = rows.ConvertAll<IEvent>(row => row.Materialize(store.Graph, store.Json));
        return new EventPage(events, events.Count > 0 ? events[^1].Sequence : query.After ?? 0, events.Count == query.PageSize);
    }
}
