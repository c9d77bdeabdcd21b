namespace Marten.Events;

/// <summary>Appends to the event store; saved with the session.</summary>
public interface IEventStoreOperations : IQueryEventStore
{
    /// <summary>Begins a stream. Saving throws <see cref="Exceptions.ExistingStreamIdCollisionException"/> if it exists.</summary>
    StreamAction StartStream<T>(Guid id, params object[] events) where T : class;

    /// <inheritdoc cref="StartStream{T}(Guid, object[])"/>
    StreamAction StartStream<T>(Guid id, IEnumerable<object> events) where T : class;

    /// <summary>Begins a stream with a new id.</summary>
    StreamAction StartStream<T>(params object[] events) where T : class;

    /// <summary>Begins a stream without an aggregate type.</summary>
    StreamAction StartStream(Guid id, params object[] events);

    /// <summary>
    /// Appends after whatever is there, beginning the stream if need be. The version is read while saving; a writer that
    /// comes in between makes the save throw <see cref="Exceptions.EventStreamUnexpectedMaxEventIdException"/>.
    /// </summary>
    StreamAction Append(Guid id, params object[] events);

    /// <summary>Appends if the stream's version AFTER the append is the given one.</summary>
    StreamAction Append(Guid id, long expectedVersionAfter, params object[] events);

    /// <summary>
    /// The aggregate with the version it was read at. Events appended through the result are saved only if the stream
    /// is still at that version. A stream that does not exist gives a null aggregate and version 0.
    /// </summary>
    Task<IEventStream<T>> FetchForWriting<T>(Guid id, CancellationToken ct = default) where T : class;

    /// <summary>Like the other, and throws at once if the stream is not at the expected version (for commands that carry one).</summary>
    /// <exception cref="Exceptions.EventStreamUnexpectedMaxEventIdException">The stream is at another version.</exception>
    Task<IEventStream<T>> FetchForWriting<T>(Guid id, long expectedVersion, CancellationToken ct = default) where T : class;

    /// <summary>
    /// Like the first, and keeps every other writer of the stream waiting until this session has saved or is disposed: for a decision that others
    /// have overtaken too often. Holds a connection until then; nothing slow belongs in between. A stream that does not exist cannot be kept.
    /// </summary>
    Task<IEventStream<T>> FetchForExclusiveWriting<T>(Guid id, CancellationToken ct = default) where T : class;
}
