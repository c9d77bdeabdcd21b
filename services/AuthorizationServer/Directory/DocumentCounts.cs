using ManagedOAuth.ServiceDefaults;
using Npgsql;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>Counts documents; the document store itself returns documents only.</summary>
public sealed class DocumentCounts(NpgsqlDataSource database, ServiceName service)
{
    /// <summary>How many there are.</summary>
    /// <param name="table">The document's name in its table's, in lower case.</param>
    /// <param name="conditions">About <c>d</c>, without <c>where</c>; each value stands as <c>?</c>.</param>
    /// <param name="values">The values.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<long> CountAsync(string table, string conditions, IReadOnlyList<object> values, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(conditions);
        ArgumentNullException.ThrowIfNull(values);
        await using var command = database.CreateCommand();
        var parts = conditions.Split('?');
        command.CommandText = $"select count(*) from {service.Schema}.mt_doc_{table} d where "
            + string.Concat(parts.Select((part, index) => index < parts.Length - 1 ? $"{part}${index + 1}" : part));
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return (long)(await command.ExecuteScalarAsync(cancellation) ?? 0L);
    }

    /// <summary>How many there are of each of some values of one member; none of a value that no document has.</summary>
    /// <param name="table">The document's name in its table's, in lower case.</param>
    /// <param name="member">The member, as SQL about <c>d</c>.</param>
    /// <param name="keys">Its values.</param>
    /// <param name="conditions">What else has to hold, as SQL without values.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<IReadOnlyDictionary<string, long>> CountByAsync(string table, string member, IReadOnlyList<string> keys, string conditions, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand();
        command.CommandText = $"select {member}, count(*) from {service.Schema}.mt_doc_{table} d where {member} = any($1) and {conditions} group by 1";
        command.Parameters.Add(new NpgsqlParameter { Value = keys.ToArray() });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var found = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await rows.ReadAsync(cancellation))
        {
            found[rows.GetString(0)] = rows.GetInt64(1);
        }

        return found;
    }
}
