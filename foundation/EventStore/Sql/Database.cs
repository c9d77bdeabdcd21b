using Npgsql;

namespace Marten.Sql;

/// <summary>Runs statements with the store's time-out and maps what goes wrong. Either on pooled connections, or on one that its owner holds open.</summary>
internal sealed class Database
{
    private readonly NpgsqlDataSource? _pool;
    private readonly NpgsqlConnection? _held;
    private readonly int _timeoutSeconds;

    public Database(NpgsqlDataSource pool, TimeSpan timeout)
    {
        _pool = pool;
        _timeoutSeconds = Math.Max(1, (int)Math.Ceiling(timeout.TotalSeconds));
    }

    public Database(NpgsqlConnection held, TimeSpan timeout)
    {
        _held = held;
        _timeoutSeconds = Math.Max(1, (int)Math.Ceiling(timeout.TotalSeconds));
    }

    /// <summary>The same on a connection that the caller owns, in whatever transaction it has open.</summary>
    public Database On(NpgsqlConnection connection) => new(connection, TimeSpan.FromSeconds(_timeoutSeconds));

    public async Task<NpgsqlConnection> OpenAsync(CancellationToken ct)
    {
        try
        {
            return await _pool!.OpenConnectionAsync(ct);
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Map(e);
        }
    }

    /// <summary>All rows of one SELECT.</summary>
    public async Task<List<T>> QueryAsync<T>(string sql, IReadOnlyList<NpgsqlParameter> parameters, Func<NpgsqlDataReader, T> read, CancellationToken ct)
    {
        var rows = new List<T>();
        await RunAsync([new Statement(sql, parameters, reader => rows.Add(read(reader)))], ct);
        return rows;
    }

    /// <summary>One statement; gives the number of rows it touched.</summary>
    public async Task<int> ExecuteAsync(string sql, IReadOnlyList<NpgsqlParameter> parameters, CancellationToken ct) =>
        await RunAsync([new Statement(sql, parameters)], ct);

    /// <summary>
    /// All statements in one round trip. Outside a transaction they are one: all or nothing, each statement seeing what was committed when it began.
    /// </summary>
    /// <returns>Rows touched by all of them.</returns>
    public async Task<int> RunAsync(IReadOnlyList<Statement> statements, CancellationToken ct)
    {
        var connection = _held ?? await OpenAsync(ct);
        try
        {
            await using var batch = connection.CreateBatch();
            batch.Timeout = _timeoutSeconds;
            foreach (var statement in statements)
            {
                var command = new NpgsqlBatchCommand(statement.Sql);
                foreach (var parameter in statement.Parameters)
                {
                    command.Parameters.Add(parameter);
                }

                batch.BatchCommands.Add(command);
            }

            await using var reader = await batch.ExecuteReaderAsync(ct);
            await DrainAsync(reader, statements, ct);
            await reader.CloseAsync();
            return reader.RecordsAffected;
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Map(e);
        }
        finally
        {
            if (_held is null)
            {
                await connection.DisposeAsync();
            }
        }
    }

    // Statements that return no rows give no result set, so results are matched to the statements that expect them by a mark in their first column's name.
    private static async Task DrainAsync(NpgsqlDataReader reader, IReadOnlyList<Statement> statements, CancellationToken ct)
    {
        using var readers = statements.Where(s => s.Read is not null).GetEnumerator();
        do
        {
            if (reader.FieldCount == 0 || (statements.Count > 1 && !reader.GetName(0).StartsWith(Statement.Mark, StringComparison.Ordinal)))
            {
                continue;
            }

            var target = readers.MoveNext() ? readers.Current : null;
            while (await reader.ReadAsync(ct))
            {
                target?.Read!(reader);
            }
        }
        while (await reader.NextResultAsync(ct));
    }
}

/// <summary>One statement of a batch.</summary>
/// <param name="Sql">Text with <c>$n</c>.</param>
/// <param name="Parameters">In order.</param>
/// <param name="Read">Takes each row. In a batch of several, the first column of such a statement is named with <see cref="Mark"/> in front.</param>
internal sealed record Statement(string Sql, IReadOnlyList<NpgsqlParameter> Parameters, Action<NpgsqlDataReader>? Read = null)
{
    public const string Mark = "mt_r_";
}
