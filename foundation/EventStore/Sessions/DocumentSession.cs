using System.Diagnostics;
using Marten.Events;
using Marten.Json;
using Marten.Schema;
using Marten.Sql;

namespace Marten.Sessions;

/// <summary>A unit of work.</summary>
internal sealed class DocumentSession : QuerySession, IDocumentSession
{
    private readonly List<SqlOperation> _sql = [];
    private readonly List<DocumentOperation> _documents = [];
    private readonly Dictionary<(Type Type, object Id), int> _byId = [];
    private readonly Dictionary<string, object?> _headers = new(StringComparer.Ordinal);
    private readonly EventOperations _events;
    private SessionTransaction? _transaction;

    public DocumentSession(DocumentStore store, Database database, bool isProjection = false) : base(store, database)
    {
        IsProjection = isProjection;
        _events = new EventOperations(this);
        Reads = _events;
        CorrelationId = Activity.Current?.TraceId.ToHexString();

        // Marten's own default, and where nobody has called from elsewhere the request itself.
        CausationId = Activity.Current?.ParentId ?? Activity.Current?.Id;
    }

    public new IEventStoreOperations Events => _events;

    public string? CorrelationId { get; set; }

    public string? CausationId { get; set; }

    public string? LastModifiedBy { get; set; }

    public IList<IDocumentSessionListener> Listeners { get; } = [];

    public IChangeSet PendingChanges => TakeChanges();

    /// <summary>The session saves inside the transaction of a projection: nothing is committed yet when its save returns, so nobody is told.</summary>
    internal bool IsProjection { get; }

    internal EventOperations Streams => _events;

    /// <summary>What waits besides events: first the queued SQL, then the documents.</summary>
    internal IEnumerable<DocumentOperation> Operations => _documents.Count == 0 ? _sql : [.. _sql, .. _documents];

    internal bool HasChanges => _sql.Count > 0 || _documents.Count > 0 || _events.HasPending;

    public void SetHeader(string key, object value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        HeaderJson.Check(key, value);
        _headers[key] = value;
    }

    public void Store<T>(params T[] documents) where T : class => Save(documents, insertOnly: false);

    public void Insert<T>(params T[] documents) where T : class => Save(documents, insertOnly: true);

    public void Delete<T>(Guid id) where T : class => DeleteById<T>(id);

    public void Delete<T>(string id) where T : class => DeleteById<T>(id);

    public void Delete<T>(T document) where T : class => DeleteById<T>(Mapping<T>().IdOf(document));

    public void DeleteWhere<T>(string sqlFragment, params object?[] parameters) where T : class =>
        _documents.Add(new DeleteWhereOperation(Mapping<T>(), SqlText.Number(sqlFragment, parameters.Length), parameters));

    public void QueueSqlCommand(string sql, params object?[] parameterValues) =>
        _sql.Add(new SqlOperation(SqlText.Number(sql, parameterValues.Length), parameterValues));

    public Task<int> ExecuteAsync(string sql, CancellationToken ct, params object?[] parameterValues) =>
        Database.ExecuteAsync(SqlText.Number(sql, parameterValues.Length), [.. parameterValues.Select(P.Of)], ct);

    public void EjectAllPendingChanges()
    {
        ClearOperations();
        _events.Clear();
    }

    public async ValueTask BeginTransactionAsync(CancellationToken ct = default)
    {
        if (_transaction is null)
        {
            _transaction = await SessionTransaction.BeginAsync(Database, ct);
            Database = _transaction.Database;
        }
    }

    public Task SaveChangesAsync(CancellationToken ct = default) => new SessionSave(this).RunAsync(ct);

    public override async ValueTask DisposeAsync()
    {
        await EndTransactionAsync();
        await base.DisposeAsync();
    }

    /// <summary>Commits the transaction that was begun before the save, if there is one.</summary>
    internal async Task CommitAsync(CancellationToken ct)
    {
        if (_transaction is not null)
        {
            await _transaction.CommitAsync(ct);
            await EndTransactionAsync();
        }
    }

    private async ValueTask EndTransactionAsync()
    {
        if (_transaction is { } transaction)
        {
            _transaction = null;
            Database = transaction.Outside;
            await transaction.DisposeAsync();
        }
    }

    /// <summary>The documents of a fold that exist, by id; what this session folded and has not saved included.</summary>
    internal Task<Dictionary<TId, T>> LoadForProjectionAsync<T, TId>(IReadOnlyCollection<TId> ids, CancellationToken ct) where T : class where TId : notnull =>
        LoadByIdsAsync<T, TId>(ids, ct);

    /// <summary>Writes the document of a fold, or deletes it if null.</summary>
    internal void StoreProjected<T, TId>(TId id, T? document, long version) where T : class where TId : notnull
    {
        var mapping = Registry.Find(typeof(T));
        Queue(typeof(T), id, document is null
            ? new DeleteOperation(mapping, id)
            : new ProjectedOperation(mapping, id, document, DataStore.Json.Write(document, $"document {typeof(T).Name}"), version));
    }

    internal ChangeSet TakeChanges() => new(
        [.. _documents.Select(d => d.Document).OfType<object>()],
        [.. _events.Pending.Select(s => s.Snapshot())]);

    /// <summary>Headers of the events of this session, the actor included.</summary>
    internal Dictionary<string, object?> EventHeaders()
    {
        var headers = new Dictionary<string, object?>(_headers, StringComparer.Ordinal);
        if (LastModifiedBy is not null)
        {
            headers[Event.ActorHeader] = LastModifiedBy;
        }

        return headers;
    }

    /// <summary>Ids of this type that wait to be written.</summary>
    internal List<object> PendingIds(Type type) => [.. _byId.Keys.Where(k => k.Type == type).Select(k => k.Id)];

    internal void ClearOperations()
    {
        _sql.Clear();
        _documents.Clear();
        _byId.Clear();
    }

    protected override bool TryGetPending(Type type, object id, out object? document)
    {
        document = null;
        if (!_byId.TryGetValue((type, id), out var at))
        {
            return false;
        }

        document = _documents[at].Document;
        return true;
    }

    private MartenRegistry Registry => DataStore.Options.Schema;

    private void Save<T>(T[] documents, bool insertOnly) where T : class
    {
        var mapping = Mapping<T>();
        foreach (var document in documents)
        {
            ArgumentNullException.ThrowIfNull(document);
            var id = mapping.IdOf(document);
            // Storing again what waits to be stored replaces it in place; a waiting insert stays an insert.
            if (_byId.TryGetValue((typeof(T), id), out var at) && _documents[at] is StoreOperation<T> waiting && !insertOnly)
            {
                _documents[at] = waiting with { Value = document };
            }
            else
            {
                Queue(typeof(T), id, new StoreOperation<T>(mapping, id, document, insertOnly));
            }
        }
    }

    private void DeleteById<T>(object id) where T : class
    {
        var mapping = Mapping<T>();
        Queue(typeof(T), id, mapping.IdType == id.GetType()
            ? new DeleteOperation(mapping, id)
            : throw new ArgumentException($"The id of {typeof(T)} is a {mapping.IdType.Name}.", nameof(id)));
    }

    private void Queue(Type type, object id, DocumentOperation operation)
    {
        _byId[(type, id)] = _documents.Count;
        _documents.Add(operation);
    }

    private DocumentMapping Mapping<T>()
    {
        var mapping = Registry.Find(typeof(T));
        return mapping.Kind == DocumentKind.Ordinary
            ? mapping
            : throw new InvalidOperationException($"{typeof(T)} is written by a fold and cannot be stored or deleted by hand.");
    }
}
