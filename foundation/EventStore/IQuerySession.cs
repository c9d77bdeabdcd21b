using System.Data;
using Marten.Events;

namespace Marten;

/// <summary>Reads documents and events. Not thread-safe; holds no connection between calls.</summary>
public interface IQuerySession : IAsyncDisposable, IDisposable
{
    /// <summary>Reads of the event store.</summary>
    IQueryEventStore Events { get; }

    /// <summary>The store that made this session.</summary>
    IDocumentStore DocumentStore { get; }

    /// <summary>The document with this id, or null. A document stored in this session and not yet saved is found too.</summary>
    Task<T?> LoadAsync<T>(Guid id, CancellationToken ct = default) where T : class;

    /// <inheritdoc cref="LoadAsync{T}(Guid, CancellationToken)"/>
    Task<T?> LoadAsync<T>(string id, CancellationToken ct = default) where T : class;

    /// <summary>The documents that exist among the ids, in no particular order.</summary>
    Task<IReadOnlyList<T>> LoadManyAsync<T>(IReadOnlyCollection<Guid> ids, CancellationToken ct = default) where T : class;

    /// <inheritdoc cref="LoadManyAsync{T}(IReadOnlyCollection{Guid}, CancellationToken)"/>
    Task<IReadOnlyList<T>> LoadManyAsync<T>(IReadOnlyCollection<string> ids, CancellationToken ct = default) where T : class;

    /// <summary>
    /// Documents chosen by the tail of a SELECT, for example <c>where data ->> 'email' = ? order by id limit ?</c>.
    /// The table's alias is <c>d</c>; each <c>?</c> is bound to the next parameter (<c>??</c> is a literal question mark).
    /// The fragment is code: values only ever go in as parameters. What this session has not saved is not seen.
    /// </summary>
    /// <exception cref="InvalidOperationException">More rows than <see cref="StoreOptions.MaxQueryRows"/>: page with limit.</exception>
    Task<IReadOnlyList<T>> QueryAsync<T>(string sqlFragment, CancellationToken ct, params object?[] parameters) where T : class;

    /// <summary>
    /// Rows of a whole SELECT, for what is counted or joined where it lies; tables are named with their schema, <c>?</c> as in <see cref="QueryAsync{T}"/>.
    /// What this session has not saved is not seen.
    /// </summary>
    /// <param name="sql">The SELECT. It is code, and says itself how many rows it may give.</param>
    /// <param name="read">Reads one row.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="parameters">The values.</param>
    Task<IReadOnlyList<T>> SelectAsync<T>(string sql, Func<IDataRecord, T> read, CancellationToken ct, params object?[] parameters);

    /// <summary>How many documents fulfil conditions: what follows <c>where</c>, by the rules of <see cref="QueryAsync{T}"/>. What this session has not saved is not seen.</summary>
    Task<long> CountAsync<T>(string conditions, CancellationToken ct, params object?[] parameters) where T : class;
}
