namespace Marten.Events;

/// <summary>Reads of the event store.</summary>
public interface IQueryEventStore
{
    /// <summary>
    /// The events of a stream in order; empty if there is none.
    /// </summary>
    /// <param name="streamId">The stream.</param>
    /// <param name="version">Last version to read; 0 = all.</param>
    /// <param name="timestamp">Only events up to this time.</param>
    /// <param name="fromVersion">First version to read; 0 = from the start.</param>
    /// <param name="ct">Cancels the read.</param>
    Task<IReadOnlyList<IEvent>> FetchStreamAsync(Guid streamId, long version = 0, DateTimeOffset? timestamp = null, long fromVersion = 0, CancellationToken ct = default);

    /// <summary>The state of a stream folded from its events, as of a version or a time; null if nothing happened by then.</summary>
    /// <exception cref="Exceptions.UnknownEventTypeException">The stream holds an event that this build does not know: a fold without it could be wrong.</exception>
    Task<T?> AggregateStreamAsync<T>(Guid streamId, long version = 0, DateTimeOffset? timestamp = null, CancellationToken ct = default) where T : class;

    /// <summary>The state that these events of one stream make, in the order in which they are given; null if there are none.</summary>
    /// <exception cref="Exceptions.UnknownEventTypeException">One of them is of a type that this build does not know.</exception>
    T? Aggregate<T>(IEnumerable<IEvent> events) where T : class;

    /// <summary>The newest state: the snapshot where one is kept inline and current, else folded from the events.</summary>
    Task<T?> FetchLatest<T>(Guid streamId, CancellationToken ct = default) where T : class;

    /// <summary>For each of these events the one before it in its stream, in no particular order; none for the first of a stream. One question to the database.</summary>
    Task<IReadOnlyList<IEvent>> FetchPrecedingAsync(IEnumerable<IEvent> events, CancellationToken ct = default);

    /// <summary>Version, type and times of a stream; null if there is none.</summary>
    Task<StreamState?> FetchStreamStateAsync(Guid streamId, CancellationToken ct = default);

    /// <summary>One page of events over all streams, by stream, type, time and metadata; continue with <see cref="EventPage.Next"/>.</summary>
    Task<EventPage> QueryEventsAsync(EventQuery query, CancellationToken ct = default);

    /// <summary>All events that a query matches, read page by page while enumerated.</summary>
    IAsyncEnumerable<IEvent> StreamEventsAsync(EventQuery query, CancellationToken ct = default);
}
