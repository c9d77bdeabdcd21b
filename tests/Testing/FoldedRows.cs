using Npgsql;

namespace ManagedOAuth.Testing;

/// <summary>The rows that a service's store folded from events, as they stand in PostgreSQL: to compare them with those of a rebuild.</summary>
public static class FoldedRows
{
    /// <summary>The tables, found in the catalog: folded documents count versions, all others have a random <c>mt_version</c>.</summary>
    public static async Task<IReadOnlyList<string>> TablesAsync(NpgsqlDataSource database, string schema)
    {
        ArgumentNullException.ThrowIfNull(database);
        return await ReadAsync(database, "select table_name from information_schema.columns where table_schema = $1 and table_name like 'mt\\_doc\\_%' and column_name = 'mt_version' and data_type = 'bigint' order by 1", schema);
    }

    /// <summary>Empties all of them, rebuilds, and gives every row before and after: table, id, version, CLR name, data.</summary>
    /// <param name="database">The service's database. Nobody else may write meanwhile.</param>
    /// <param name="schema">The service's schema.</param>
    /// <param name="rebuild">Rebuilds everything.</param>
    /// <exception cref="InvalidOperationException">A table has no row: there is nothing to compare.</exception>
    public static async Task<(IReadOnlyList<string> Before, IReadOnlyList<string> After)> EmptyAndRebuildAsync(NpgsqlDataSource database, string schema, Func<Task> rebuild)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(rebuild);
        var tables = await TablesAsync(database, schema);
        var before = await AllAsync();
        if (tables.FirstOrDefault(table => !before.Any(row => row.StartsWith(table + " ", StringComparison.Ordinal))) is { } empty)
        {
            throw new InvalidOperationException($"{schema}.{empty} has no row: give it a life first.");
        }

        await using (var delete = database.CreateCommand(string.Concat(tables.Select(table => $"delete from {schema}.{table};"))))
        {
            await delete.ExecuteNonQueryAsync();
        }

        if ((await AllAsync()).Count > 0)
        {
            throw new InvalidOperationException("Somebody else writes.");
        }

        await rebuild();
        return (before, await AllAsync());

        Task<IReadOnlyList<string>> AllAsync() => ReadAsync(
            database, string.Join(" union all ", tables.Select(table => $"select '{table} ' || id || ' ' || mt_version || ' ' || mt_dotnet_type || ' ' || data from {schema}.{table}")) + " order by 1");
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(NpgsqlDataSource database, string sql, params string[] parameters)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }
}
