using Marten.Events;

namespace Marten;

/// <summary>Queues changes to documents and events. Nothing reaches the database before the unit of work is saved.</summary>
public interface IDocumentOperations : IQuerySession
{
    /// <summary>Reads of the event store, and appends to it.</summary>
    new IEventStoreOperations Events { get; }

    /// <summary>Inserts or replaces documents. A Guid id that is empty is assigned.</summary>
    void Store<T>(params T[] documents) where T : class;

    /// <summary>Inserts documents; saving throws <see cref="Exceptions.DocumentAlreadyExistsException"/> if one exists.</summary>
    void Insert<T>(params T[] documents) where T : class;

    /// <summary>Deletes by id; nothing happens if there is none.</summary>
    void Delete<T>(Guid id) where T : class;

    /// <inheritdoc cref="Delete{T}(Guid)"/>
    void Delete<T>(string id) where T : class;

    /// <summary>Deletes this document by its id.</summary>
    void Delete<T>(T document) where T : class;

    /// <summary>Deletes what a fragment chooses, for example <c>where (data ->> 'expiresAt')::bigint &lt; ?</c>. Same rules as <see cref="IQuerySession.QueryAsync{T}"/>.</summary>
    void DeleteWhere<T>(string sqlFragment, params object?[] parameters) where T : class;

    /// <summary>
    /// Queues a statement with <c>?</c> placeholders. It runs in the transaction of the save, before documents and events,
    /// in the order of queueing. An <see cref="Npgsql.NpgsqlParameter"/> may be passed where the type cannot be inferred.
    /// </summary>
    void QueueSqlCommand(string sql, params object?[] parameterValues);

    /// <summary>
    /// Runs a statement with <c>?</c> placeholders now: in the transaction of <see cref="IDocumentSession.BeginTransactionAsync"/> if one was begun,
    /// else in one of its own. Rows that it returns are passed over.
    /// </summary>
    /// <returns>The number of rows it changed.</returns>
    Task<int> ExecuteAsync(string sql, CancellationToken ct, params object?[] parameterValues);
}
