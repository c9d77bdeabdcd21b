using Marten.Sql;

namespace Marten.Events.Daemon;

/// <summary>Observes the database for <see cref="HighWaterMark"/>. One per store, shared by its readers.</summary>
internal sealed class HighWaterDetector(DocumentStore store) : IDisposable
{
    private const int MaxVisible = 1_000;

    private readonly HighWaterMark _mark = new();
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>Looks again and gives the mark, and whether more will become safe soon.</summary>
    /// <param name="floor">A position known to be safe from before; 0 if none is.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<(long Mark, bool IsPending)> DetectAsync(long floor, CancellationToken ct)
    {
        await _gate.WaitAsync(ct);
        try
        {
            _mark.Raise(floor);
            var lastValue = 0L;
            var holders = new List<string>();
            var visible = new List<long>();
            var schema = store.Options.DatabaseSchemaName;

            // One round trip of three statements. Each takes its own snapshot (READ COMMITTED) when the one before it is done; the order carries the proof.
            await store.Database.RunAsync(
                [
                    new Statement(
                        $"select case when is_called then last_value else 0 end as mt_r_last from {schema}.mt_events_sequence",
                        [],
                        row => lastValue = row.GetInt64(0)),
                    new Statement(
                        "select l.virtualtransaction as mt_r_holder from pg_locks l where l.locktype = 'relation' and l.granted and l.mode = 'RowExclusiveLock' "
                        + "and l.database = (select oid from pg_database where datname = current_database()) "
                        + $"and l.relation = '{schema}.mt_events_sequence'::regclass",
                        [],
                        row => holders.Add(row.GetString(0))),
                    new Statement(
                        $"select seq_id as mt_r_seq from {schema}.mt_events where seq_id > $1 order by seq_id limit {MaxVisible}",
                        [P.Long(_mark.Value)],
                        row => visible.Add(row.GetInt64(0))),
                ],
                ct);
            _mark.Observe(lastValue, holders, visible);
            return (_mark.Value, _mark.IsPending);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
