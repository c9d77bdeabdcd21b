namespace Marten.Events;

/// <summary>An event with its envelope.</summary>
public interface IEvent
{
    /// <summary>The event's own id.</summary>
    Guid Id { get; }

    /// <summary>The stream it belongs to.</summary>
    Guid StreamId { get; }

    /// <summary>Position in the stream, from 1.</summary>
    long Version { get; }

    /// <summary>Position in the whole store; 0 until saved. Rises with the version inside a stream; gaps are normal.</summary>
    long Sequence { get; }

    /// <summary>The fact itself.</summary>
    object Data { get; }

    /// <summary>The CLR type of <see cref="Data"/>.</summary>
    Type EventType { get; }

    /// <summary>The stable name stored with the event, such as <c>grant_issued</c>.</summary>
    string EventTypeName { get; }

    /// <summary>The database server's clock when the event was saved.</summary>
    DateTimeOffset Timestamp { get; }

    /// <summary>The trace this event belongs to.</summary>
    string? CorrelationId { get; }

    /// <summary>What made it happen.</summary>
    string? CausationId { get; }

    /// <summary>Who acted.</summary>
    string? UserName { get; }

    /// <summary>Further metadata; null when there is none. Includes <c>actor</c>.</summary>
    IReadOnlyDictionary<string, object?>? Headers { get; }

    /// <summary>True for events of an archived stream.</summary>
    bool IsArchived { get; }
}

/// <summary>An event with its envelope, typed.</summary>
public interface IEvent<out T> : IEvent where T : notnull
{
    /// <inheritdoc cref="IEvent.Data"/>
    new T Data { get; }
}
