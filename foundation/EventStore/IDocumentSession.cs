namespace Marten;

/// <summary>A unit of work over documents and events. Not thread-safe.</summary>
public interface IDocumentSession : IDocumentOperations
{
    /// <summary>Written on each event of this session. Starts as the trace id of the current activity.</summary>
    string? CorrelationId { get; set; }

    /// <summary>Written on each event of this session: what made it happen. Starts as the span that called, or that of the current request; in a
    /// message's handler it is the message's id.</summary>
    string? CausationId { get; set; }

    /// <summary>Who acts. Written on each event as the header <c>actor</c>.</summary>
    string? LastModifiedBy { get; set; }

    /// <summary>Called around the save of this session, before those of <see cref="StoreOptions.Listeners"/>.</summary>
    IList<IDocumentSessionListener> Listeners { get; }

    /// <summary>What waits to be saved.</summary>
    IChangeSet PendingChanges { get; }

    /// <summary>Adds a header to each event of this session. Values: string, bool, integer, double, Guid, DateTimeOffset.</summary>
    void SetHeader(string key, object value);

    /// <summary>Forgets everything queued, also streams that were fetched for writing.</summary>
    void EjectAllPendingChanges();

    /// <summary>
    /// Begins the transaction now instead of with the save: from here on everything this session reads and writes is in it, on a connection
    /// held until the save (which commits) or until the session is disposed (which rolls back). For decisions that must be made under a
    /// lock; keep it short.
    /// </summary>
    /// <exception cref="Exceptions.StoreUnavailableException">The database did not answer.</exception>
    ValueTask BeginTransactionAsync(CancellationToken ct = default);

    /// <summary>
    /// Saves everything queued in one transaction, in the usual case in one round trip: queued SQL, documents,
    /// streams, events, snapshots. After a failure nothing is saved and everything stays queued; whoever retries begins with a new session.
    /// </summary>
    /// <exception cref="Exceptions.EventStreamUnexpectedMaxEventIdException">Another writer was faster.</exception>
    /// <exception cref="Exceptions.ExistingStreamIdCollisionException">A stream to be started exists.</exception>
    /// <exception cref="Exceptions.DocumentAlreadyExistsException">An id or a unique field is taken.</exception>
    /// <exception cref="Exceptions.UnstorableJsonException">An event or document holds U+0000 or is too large.</exception>
    /// <exception cref="Exceptions.StoreUnavailableException">The database did not answer; the outcome may be unknown.</exception>
    Task SaveChangesAsync(CancellationToken ct = default);
}
