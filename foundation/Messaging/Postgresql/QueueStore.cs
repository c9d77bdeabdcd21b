using Npgsql;

namespace Wolverine.Postgresql;

/// <summary>The queue table as one node works on it. Each call is one statement with a deadline.</summary>
internal sealed class QueueStore(NpgsqlDataSource dataSource, QueueSql sql, TimeSpan timeout)
{
    private const int MaximumErrorLength = 2000;

    /// <summary>Stores messages in a transaction of their own, for publishers that have none.</summary>
    public async Task InsertAsync(IReadOnlyList<Envelope> envelopes, CancellationToken ct)
    {
        // Without an explicit transaction a batch is one: all receivers get the message or none.
        await using var batch = dataSource.CreateBatch();
        batch.Timeout = (int)timeout.TotalSeconds;
        foreach (var envelope in envelopes)
        {
            var command = new NpgsqlBatchCommand(sql.Insert);
            foreach (var value in InsertValues(envelope))
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            }

            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The parameters of <see cref="QueueSql.Insert"/>, in order.</summary>
    public static object[] InsertValues(Envelope envelope) =>
    [
        envelope.Id, envelope.Destination, envelope.MessageType, envelope.Data!,
        (object?)envelope.ScheduledTime?.UtcDateTime ?? DBNull.Value,
        (object?)envelope.Source ?? DBNull.Value, (object?)envelope.ParentId ?? DBNull.Value,
        (object?)envelope.CorrelationId ?? DBNull.Value, (object?)envelope.UserName ?? DBNull.Value,
    ];

    /// <summary>Claims free rows for a node, oldest first.</summary>
    public async Task<List<Envelope>> ClaimAsync(string queue, int limit, DateTimeOffset now, Guid node, int maximumBytes, CancellationToken ct)
    {
        await using var command = Command(sql.Claim, queue, limit, now.UtcDateTime, node, maximumBytes);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var claimed = new List<Envelope>(limit);
        while (await reader.ReadAsync(ct))
        {
            claimed.Add(new Envelope
            {
                Destination = queue,
                Owner = node,
                Id = reader.GetGuid(0),
                MessageType = reader.GetString(1),
                Data = reader.IsDBNull(2) ? null : reader.GetFieldValue<byte[]>(2),
                Sequence = reader.GetInt64(3),
                SentAt = reader.GetFieldValue<DateTimeOffset>(4),
                ScheduledTime = reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5),
                Source = Text(reader, 6),
                ParentId = Text(reader, 7),
                CorrelationId = Text(reader, 8),
                UserName = Text(reader, 9),
                Attempts = reader.GetInt32(10) + 1,
                Recoveries = reader.GetInt32(11),
                AlreadyHandled = reader.GetBoolean(12),
            });
        }

        // RETURNING has no order of its own.
        claimed.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        return claimed;
    }

    /// <summary>Removes a row that needs no handling.</summary>
    public Task RemoveAsync(Envelope envelope, CancellationToken ct)
        => ExecuteAsync(sql.Remove, [envelope.Destination, envelope.Id, envelope.Owner], ct);

    /// <summary>Returns a failed message to the queue, to be tried again after a delay.</summary>
    public Task RetryAsync(Envelope envelope, TimeSpan delay, Exception failure, CancellationToken ct)
        => ExecuteAsync(sql.Retry, [envelope.Destination, envelope.Id, envelope.Owner, delay, envelope.Attempts, Describe($"{failure.GetType().Name}: {failure.Message}")], ct);

    /// <summary>Moves a message to the dead letters.</summary>
    public Task BuryAsync(Envelope envelope, DeadLetterReason reason, Exception? failure, CancellationToken ct)
        => ExecuteAsync(sql.Bury, [envelope.Destination, envelope.Id, envelope.Owner, envelope.Attempts, reason.Code(),
            (object?)failure?.GetType().FullName ?? DBNull.Value, Describe(failure?.Message ?? reason.Text())], ct);

    /// <summary>Returns to the queue what the node owns there but is not working on.</summary>
    /// <returns>How many rows.</returns>
    public Task<int> ReleaseAsync(string queue, Guid node, Guid[] except, CancellationToken ct)
        => ExecuteAsync(sql.Release, [queue, node, except], ct);

    private async Task<int> ExecuteAsync(string text, object[] values, CancellationToken ct)
    {
        await using var command = Command(text, values);
        return await command.ExecuteNonQueryAsync(ct);
    }

    private NpgsqlCommand Command(string text, params object[] values)
    {
        var command = dataSource.CreateCommand(text);
        command.CommandTimeout = (int)timeout.TotalSeconds;
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    // PostgreSQL text holds no NUL, and an error text may be as long as its author liked.
    private static string Describe(string text)
    {
        var plain = text.Replace("\0", "", StringComparison.Ordinal);
        return plain.Length <= MaximumErrorLength ? plain : plain[..MaximumErrorLength];
    }
}
