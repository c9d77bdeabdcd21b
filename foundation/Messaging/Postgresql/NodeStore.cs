using Npgsql;

namespace Wolverine.Postgresql;

/// <summary>The node table: who is alive, and the return of what the dead held.</summary>
internal sealed class NodeStore(NpgsqlDataSource dataSource, string schema, TimeSpan timeout)
{
    private const int RecoveryBatch = 1000;
    private const int HousekeepingBatch = 5000;

    private readonly string _register = $"insert into {schema}.node (id, service, description) values ($1, $2, $3)";
    private readonly string _heartbeat = $"update {schema}.node set heartbeat_at = now() where id = $1";
    private readonly string _remove = $"delete from {schema}.node where id = $1";
    private readonly string _eject = $"delete from {schema}.node where heartbeat_at < now() - $1 and id <> $2 returning id";

    // Owners and live nodes are read in one snapshot: a node registers before its first claim, so it is never seen as the
    // owner of a row without being seen as alive. Also frees rows whose node row was removed by someone's hand.
    // By ctid, so that the planner goes through the few owned rows only, however many others wait; a row that moves meanwhile is found next time.
    private readonly string _recover = $"""
        update {schema}.queue set owner_node = null, claimed_at = null, recoveries = recoveries + 1 where ctid = any (array(
            select q.ctid from {schema}.queue q
            where q.owner_node is not null and not exists (select 1 from {schema}.node n where n.id = q.owner_node)
            limit {RecoveryBatch} for update of q skip locked))
        returning receiver
        """;

    private readonly string _forget = $"""
        delete from {schema}.inbox where ctid = any (array(
            select ctid from {schema}.inbox where handled_at < now() - $1 limit {HousekeepingBatch} for update skip locked))
        """;

    public Task RegisterAsync(Guid node, string service, string description, CancellationToken ct)
        => ExecuteAsync(_register, [node, service, description], ct);

    /// <returns>False when somebody took this node for dead.</returns>
    public async Task<bool> HeartbeatAsync(Guid node, CancellationToken ct) => await ExecuteAsync(_heartbeat, [node], ct) == 1;

    public Task RemoveAsync(Guid node, CancellationToken ct) => ExecuteAsync(_remove, [node], ct);

    /// <summary>Removes nodes without a recent heartbeat, never the caller itself.</summary>
    public Task<List<Guid>> EjectStaleAsync(Guid self, TimeSpan stale, CancellationToken ct)
        => QueryAsync<Guid>(_eject, [stale, self], ct);

    /// <summary>Returns the rows of nodes that are no more to their queues.</summary>
    /// <returns>How many rows of which queue.</returns>
    public async Task<Dictionary<string, int>> RecoverAsync(CancellationToken ct)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        List<string> receivers;
        do
        {
            receivers = await QueryAsync<string>(_recover, [], ct);
            foreach (var receiver in receivers)
            {
                counts[receiver] = counts.GetValueOrDefault(receiver) + 1;
            }
        }
        while (receivers.Count == RecoveryBatch);
        return counts;
    }

    /// <summary>Deletes inbox rows older than <paramref name="keep"/>, in small transactions.</summary>
    public async Task<int> ForgetHandledAsync(TimeSpan keep, CancellationToken ct)
    {
        var total = 0;
        int deleted;
        do
        {
            deleted = await ExecuteAsync(_forget, [keep], ct);
            total += deleted;
        }
        while (deleted == HousekeepingBatch);
        return total;
    }

    private async Task<int> ExecuteAsync(string text, object[] values, CancellationToken ct)
    {
        await using var command = Command(text, values);
        return await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<List<T>> QueryAsync<T>(string text, object[] values, CancellationToken ct)
    {
        await using var command = Command(text, values);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(reader.GetFieldValue<T>(0));
        }

        return rows;
    }

    private NpgsqlCommand Command(string text, object[] values)
    {
        var command = dataSource.CreateCommand(text);
        command.CommandTimeout = (int)timeout.TotalSeconds;
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
