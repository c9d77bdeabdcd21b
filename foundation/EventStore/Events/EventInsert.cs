using System.Collections.Concurrent;
using System.Text;
using Marten.Sql;
using Npgsql;

namespace Marten.Events;

/// <summary>
/// The INSERT for events of one stream: up to eight rows in one statement, so that few texts exist and each is prepared once per connection.
/// Rows of VALUES are evaluated in order, so the sequence rises with the version.
/// </summary>
internal static class EventInsert
{
    public const int MaxRows = 8;

    private const int Shared = 5;
    private const int PerRow = 5;
    private static readonly ConcurrentDictionary<(string Schema, int Rows), string> Texts = new();

    public static Statement For(DocumentStore store, List<Event> rows, byte[]? headers, DateTimeOffset? timestamp)
    {
        var first = rows[0];
        var parameters = new List<NpgsqlParameter>(Shared + (PerRow * rows.Count))
        {
            P.Uuid(first.StreamId), P.Text(first.CorrelationId), P.Text(first.CausationId), P.Json(headers), P.Time(timestamp),
        };
        foreach (var e in rows)
        {
            var mapping = store.Graph.MappingFor(e.EventType);
            parameters.Add(P.Uuid(e.Id));
            parameters.Add(P.Long(e.Version));
            parameters.Add(P.Json(mapping.Serialize(e.Data, store.Json)));
            parameters.Add(P.Text(mapping.Name));
            parameters.Add(P.Text(mapping.DotNetName));
        }

        var returned = 0;
        var sql = Texts.GetOrAdd((store.Options.DatabaseSchemaName, rows.Count), static key => Text(key.Schema, key.Rows));
        return new Statement(sql, parameters, row =>
        {
            rows[returned].Sequence = row.GetInt64(0);
            rows[returned].Timestamp = row.GetFieldValue<DateTimeOffset>(1);
            returned++;
        });
    }

    private static string Text(string schema, int rows)
    {
        var sql = new StringBuilder($"insert into {schema}.mt_events (seq_id, stream_id, correlation_id, causation_id, headers, timestamp, ")
            .Append("id, version, data, type, mt_dotnet_type, tenant_id, is_archived) values ");
        for (var row = 0; row < rows; row++)
        {
            var p = Shared + (row * PerRow);
            sql.Append(row > 0 ? ", " : "")
                .Append($"(nextval('{schema}.mt_events_sequence'), $1, $2, $3, $4, coalesce($5, statement_timestamp()), ")
                .Append($"${p + 1}, ${p + 2}, ${p + 3}, ${p + 4}, ${p + 5}, '*DEFAULT*', false)");
        }

        return sql.Append(" returning seq_id as mt_r_seq, timestamp").ToString();
    }
}
