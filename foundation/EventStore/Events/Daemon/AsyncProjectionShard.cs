using Marten.Events.Projections;
using Marten.Exceptions;
using Marten.Sessions;
using Marten.Sql;
using Npgsql;

namespace Marten.Events.Daemon;

/// <summary>Moves one projection forward on a given connection: reads a page, applies it and records the progress in one transaction.</summary>
internal sealed class AsyncProjectionShard(DocumentStore store, AsyncProjection projection)
{
    private readonly string _schema = store.Options.DatabaseSchemaName;
    private readonly ProjectionPoison _poison = new(store, projection);
    private readonly HashSet<Type> _wanted = [.. projection.EventTypes];

    /// <summary>Name of the progress row.</summary>
    public string Name => projection.ProgressName;

    /// <summary>Recorded progress; the row is made if there is none.</summary>
    public async Task<long> ReadProgressAsync(Database database, CancellationToken ct)
    {
        await database.ExecuteAsync($"insert into {_schema}.mt_event_progression (name, last_seq_id) values ($1, 0) on conflict (name) do nothing", [P.Text(Name)], ct);
        return await RecordedAsync(database, ct) ?? 0;
    }

    /// <summary>One page. Gives the new position, whether there is more now, and whether more is about to become safe.</summary>
    public async Task<(long Position, bool More, bool Pending)> StepAsync(NpgsqlConnection connection, long position, CancellationToken ct)
    {
        var (mark, pending) = await store.HighWater.DetectAsync(position, ct);
        if (mark <= position)
        {
            // Asked even when there is nothing to do: a runner that lost its lock must notice, and so must one whose projection is being made anew, where
            // nothing new may happen for long.
            if (await RecordedAsync(store.Database.On(connection), ct) != position)
            {
                throw new ProgressionProgressOutOfOrderException(Name);
            }

            return (position, false, pending);
        }

        var rows = await ReadAsync(connection, position, mark, ct);
        var full = rows.Count == store.Options.Projections.BatchSize;
        var reached = full ? rows[^1].Sequence : mark;
        try
        {
            await ApplyAsync(connection, rows, position, reached, ct);
        }
        catch (Exception e) when (rows.Count > 0 && ProjectionPoison.IsAboutTheEvents(e, connection, ct))
        {
            await OneByOneAsync(connection, rows, position, reached, ct);
        }

        return (reached, full, pending);
    }

    private async Task<long?> RecordedAsync(Database database, CancellationToken ct)
    {
        var rows = await database.QueryAsync(
            $"select coalesce(last_seq_id, 0) from {_schema}.mt_event_progression where name = $1", [P.Text(Name)], row => row.GetInt64(0), ct);
        return rows.Count == 0 ? null : rows[0];
    }

    private async Task<List<StoredEvent>> ReadAsync(NpgsqlConnection connection, long after, long mark, CancellationToken ct)
    {
        var sql = $"select {StoredEvent.Columns} from {_schema}.mt_events where seq_id > $1 and seq_id <= $2 and is_archived = false";
        var parameters = new List<NpgsqlParameter> { P.Long(after), P.Long(mark) };
        if (_wanted.Count > 0)
        {
            sql += " and type = any($3)";
            parameters.Add(P.Texts(store.Graph.NamesFor(_wanted)));
        }

        return await store.Database.On(connection).QueryAsync($"{sql} order by seq_id limit {store.Options.Projections.BatchSize}", parameters, StoredEvent.Read, ct);
    }

    // A page failed: find the event that cannot be taken, park it, and take all others.
    private async Task OneByOneAsync(NpgsqlConnection connection, List<StoredEvent> rows, long position, long reached, CancellationToken ct)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            var to = i == rows.Count - 1 ? reached : row.Sequence;
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await ApplyAsync(connection, [row], position, to, ct);
                    break;
                }
                catch (Exception e) when (ProjectionPoison.IsAboutTheEvents(e, connection, ct))
                {
                    if (attempt < store.Options.Projections.AttemptsBeforeParking)
                    {
                        await Task.Delay(ProjectionPoison.Pause * attempt, store.Time, ct);
                        continue;
                    }

                    StoreLog.EventParked(store.Log, Name, row.Sequence, e);
                    StoreMetrics.Parked.Add(1);
                    await InTransactionAsync(connection, position, to, session => _poison.Park(session, row.Sequence, e), ct);
                    break;
                }
            }

            position = to;
        }
    }

    private Task ApplyAsync(NpgsqlConnection connection, List<StoredEvent> rows, long from, long to, CancellationToken ct) =>
        InTransactionAsync(
            connection,
            from,
            to,
            async session =>
            {
                List<IEvent> events = [.. rows.Select(r => r.Materialize(store.Graph, store.Json)).Where(e => _wanted.Count == 0 || _wanted.Contains(e.EventType))];
                if (events.Count > 0)
                {
                    await projection.Apply(session, events, ct);
                }
            },
            ct);

    private async Task InTransactionAsync(NpgsqlConnection connection, long from, long to, Func<DocumentSession, Task> work, CancellationToken ct)
    {
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(ct);
            var database = store.Database.On(connection);
            var moved = await database.ExecuteAsync(
                $"update {_schema}.mt_event_progression set last_seq_id = $2, last_updated = transaction_timestamp() where name = $1 and last_seq_id = $3",
                [P.Text(Name), P.Long(to), P.Long(from)],
                ct);
            if (moved != 1)
            {
                throw new ProgressionProgressOutOfOrderException(Name);
            }

            await using var session = new DocumentSession(store, database, isProjection: true);
            await work(session);
            await session.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Map(e);
        }
    }
}
