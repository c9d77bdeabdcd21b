using Npgsql;

namespace ManagedOAuth.Token.Queries;

/// <summary>Counts what a filter matches; the document store itself returns documents only.</summary>
public sealed class GrantCounts(NpgsqlDataSource database)
{
    public async Task<long> CountAsync(GrantFilter filter, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(filter);
        await using var command = database.CreateCommand();
        var parts = filter.Conditions.Split('?');
        command.CommandText = "select count(*) from token.mt_doc_grant d where "
            + string.Concat(parts.Select((part, index) => index < parts.Length - 1 ? $"{part}${index + 1}" : part));
        foreach (var value in filter.Values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return (long)(await command.ExecuteScalarAsync(cancellation) ?? 0L);
    }
}
