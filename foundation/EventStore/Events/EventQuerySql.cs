using Marten.Sql;
using Npgsql;

namespace Marten.Events;

/// <summary>Turns an <see cref="EventQuery"/> into SQL.</summary>
internal static class EventQuerySql
{
    public static (string Sql, List<NpgsqlParameter> Parameters) Build(EventQuery query, string schema, EventGraph graph, long? ceiling = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.PageSize, 1, nameof(query));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.PageSize, EventQuery.MaxPageSize, nameof(query));
        var conditions = new List<string> { "is_archived = false" };
        var parameters = new List<NpgsqlParameter>();
        if (query.StreamId is { } stream)
        {
            Where("stream_id = {0}", P.Uuid(stream));
        }

        if (query.StreamType is { } type)
        {
            Where($"exists (select 1 from {schema}.mt_streams s where s.id = stream_id and s.type = {{0}})", P.Text(type));
        }

        if (query.EventTypes is not null || query.EventTypeNames is not null)
        {
            Where("type = any({0})", P.Texts([.. graph.NamesFor(query.EventTypes ?? []), .. query.EventTypeNames ?? []]));
        }

        if (query.From is { } from)
        {
            Where("timestamp >= {0}", P.Time(from));
        }

        if (query.To is { } to)
        {
            Where("timestamp < {0}", P.Time(to));
        }

        if (query.CorrelationId is { } correlation)
        {
            Where("correlation_id = {0}", P.Text(correlation));
        }

        if (query.CausationId is { } causation)
        {
            Where("causation_id = {0}", P.Text(causation));
        }

        if (query.ActorLike is { } actors)
        {
            Where($"headers ->> '{Event.ActorHeader}' like any({{0}})", P.Texts(actors));
        }

        if (query.After is { } after)
        {
            Where(query.Descending ? "seq_id < {0}" : "seq_id > {0}", P.Long(after));
        }

        if (ceiling is { } mark)
        {
            Where("seq_id <= {0}", P.Long(mark));
        }

        var order = query.Descending ? "desc" : "asc";
        return ($"select {StoredEvent.Columns} from {schema}.mt_events where {string.Join(" and ", conditions)} order by seq_id {order} limit {query.PageSize}", parameters);

        void Where(string condition, NpgsqlParameter parameter)
        {
            parameters.Add(parameter);
            conditions.Add(string.Format(System.Globalization.CultureInfo.InvariantCulture, condition, "$" + parameters.Count));
        }
    }
}
