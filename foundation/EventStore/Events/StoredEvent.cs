using System.Text.Json;
using Marten.Exceptions;
using Marten.Json;
using Npgsql;

namespace Marten.Events;

/// <summary>A row of <c>mt_events</c> before its data are understood: one unreadable event must not make a page unreadable.</summary>
internal sealed record StoredEvent(
    long Sequence,
    Guid Id,
    Guid StreamId,
    long Version,
    byte[] Data,
    string Type,
    DateTimeOffset Timestamp,
    string? CorrelationId,
    string? CausationId,
    byte[]? Headers,
    bool IsArchived)
{
    /// <summary>The columns that <see cref="Read"/> expects, in order.</summary>
    public const string Columns = "seq_id, id, stream_id, version, data, type, timestamp, correlation_id, causation_id, headers, is_archived";

    public static StoredEvent Read(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetGuid(1),
        row.GetGuid(2),
        row.GetInt64(3),
        row.GetFieldValue<byte[]>(4),
        row.GetString(5),
        row.GetFieldValue<DateTimeOffset>(6),
        row.IsDBNull(7) ? null : row.GetString(7),
        row.IsDBNull(8) ? null : row.GetString(8),
        row.IsDBNull(9) ? null : row.GetFieldValue<byte[]>(9),
        !row.IsDBNull(10) && row.GetBoolean(10));

    /// <summary>Today's event: an upcaster for the stored name goes first, then the registered type; without either it is an <see cref="UnknownEvent"/>.</summary>
    /// <exception cref="EventDeserializationFailureException">The data do not fit.</exception>
    public Event Materialize(EventGraph graph, StoreSerializer json)
    {
        var e = ReadData(graph, json);
        e.Id = Id;
        e.StreamId = StreamId;
        e.Version = Version;
        e.Sequence = Sequence;
        e.EventTypeName = Type;
        e.Timestamp = Timestamp;
        e.CorrelationId = CorrelationId;
        e.CausationId = CausationId;
        e.Headers = HeaderJson.Read(Headers);
        e.IsArchived = IsArchived;
        return e;
    }

    private Event ReadData(EventGraph graph, StoreSerializer json)
    {
        try
        {
            if (graph.FindUpcaster(Type) is { } upcaster)
            {
                return upcaster.Read(Data, json);
            }

            return graph.FindByName(Type) is { } mapping ? mapping.Read(Data, json) : new Event<UnknownEvent>(ReadUnknown());
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Converters and upcasters are the caller's code and may throw anything; the reader must learn which event it was.
            throw new EventDeserializationFailureException(Type, Sequence, e);
        }
    }

    private UnknownEvent ReadUnknown()
    {
        using var document = JsonDocument.Parse(Data);
        return new UnknownEvent(Type, document.RootElement.Clone());
    }
}
