using System.Data;
using Marten.Events;
using Marten.Schema;
using Marten.Sql;
using Npgsql;

namespace Marten.Sessions;

/// <summary>Reads of one session.</summary>
internal class QuerySession : IQuerySession
{
    public QuerySession(DocumentStore store, Database database)
    {
        DataStore = store;
        Database = database;
        Reads = new EventReads(this);
    }

    public DocumentStore DataStore { get; }

    public Database Database { get; protected set; }

    public EventGraph Graph => DataStore.Graph;

    public IDocumentStore DocumentStore => DataStore;

    public IQueryEventStore Events => Reads;

    protected EventReads Reads { get; init; }

    protected string Schema => DataStore.Options.DatabaseSchemaName;

    public Task<T?> LoadAsync<T>(Guid id, CancellationToken ct = default) where T : class => LoadByIdAsync<T>(id, ct);

    public Task<T?> LoadAsync<T>(string id, CancellationToken ct = default) where T : class => LoadByIdAsync<T>(id, ct);

    public async Task<IReadOnlyList<T>> LoadManyAsync<T>(IReadOnlyCollection<Guid> ids, CancellationToken ct = default) where T : class =>
        [.. (await LoadByIdsAsync<T, Guid>(ids, ct)).Values];

    public async Task<IReadOnlyList<T>> LoadManyAsync<T>(IReadOnlyCollection<string> ids, CancellationToken ct = default) where T : class =>
        [.. (await LoadByIdsAsync<T, string>(ids, ct)).Values];

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sqlFragment, CancellationToken ct, params object?[] parameters) where T : class
    {
        var mapping = DataStore.Options.Schema.Find(typeof(T));
        var limit = DataStore.Options.MaxQueryRows;
        var tail = SqlText.Number(sqlFragment, parameters.Length);
        // The inner query keeps the order of the fragment; the outer one stops a query that nobody meant to be that large.
        var sql = $"select data from (select d.data from {Schema}.{mapping.Table} as d {tail}) as q limit {limit + 1}";
        var rows = await Database.QueryAsync(sql, [.. parameters.Select(P.Of)], row => row.GetFieldValue<byte[]>(0), ct);
        return rows.Count <= limit
            ? rows.ConvertAll(DataStore.Json.Read<T>)
            : throw new InvalidOperationException($"The query matches more than {limit} documents {typeof(T).Name}; page it with limit.");
    }

    public async Task<IReadOnlyList<T>> SelectAsync<T>(string sql, Func<IDataRecord, T> read, CancellationToken ct, params object?[] parameters) =>
        await Database.QueryAsync(SqlText.Number(sql, parameters.Length), [.. parameters.Select(P.Of)], row => read(row), ct);

    public async Task<long> CountAsync<T>(string conditions, CancellationToken ct, params object?[] parameters) where T : class
    {
        var mapping = DataStore.Options.Schema.Find(typeof(T));
        var sql = $"select count(*) from {Schema}.{mapping.Table} as d where {SqlText.Number(conditions, parameters.Length)}";
        return (await Database.QueryAsync(sql, [.. parameters.Select(P.Of)], row => row.GetInt64(0), ct))[0];
    }

    /// <summary>A session holds nothing that needs disposing unless a transaction was begun; then <see cref="DisposeAsync"/> is the way.</summary>
    public void Dispose() => GC.SuppressFinalize(this);

    public virtual ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A document waiting in this session: found (null if deleted), or not known here.</summary>
    protected virtual bool TryGetPending(Type type, object id, out object? document)
    {
        document = null;
        return false;
    }

    protected async Task<Dictionary<TId, T>> LoadByIdsAsync<T, TId>(IReadOnlyCollection<TId> ids, CancellationToken ct) where T : class where TId : notnull
    {
        var mapping = CheckId<T>(typeof(TId));
        var found = new Dictionary<TId, T>();
        var missing = new List<TId>();
        foreach (var id in ids)
        {
            if (!TryGetPending(typeof(T), id, out var pending))
            {
                missing.Add(id);
            }
            else if (pending is T document)
            {
                found[id] = document;
            }
        }

        if (missing.Count > 0)
        {
            var rows = await Database.QueryAsync(
                $"select d.id, d.data from {Schema}.{mapping.Table} as d where d.id = any($1)",
                [new NpgsqlParameter { Value = missing.ToArray() }],
                row => (Id: row.GetFieldValue<TId>(0), Document: DataStore.Json.Read<T>(row.GetFieldValue<byte[]>(1))),
                ct);
            foreach (var (id, document) in rows)
            {
                found[id] = document;
            }
        }

        return found;
    }

    private async Task<T?> LoadByIdAsync<T>(object id, CancellationToken ct) where T : class
    {
        var mapping = CheckId<T>(id.GetType());
        if (TryGetPending(typeof(T), id, out var pending))
        {
            return (T?)pending;
        }

        var rows = await Database.QueryAsync(
            $"select d.id, d.data from {Schema}.{mapping.Table} as d where d.id = $1",
            [P.Id(id)],
            row => DataStore.Json.Read<T>(row.GetFieldValue<byte[]>(1)),
            ct);
        return rows.FirstOrDefault();
    }

    private DocumentMapping CheckId<T>(Type idType) where T : class
    {
        var mapping = DataStore.Options.Schema.Find(typeof(T));
        return mapping.IdType == idType ? mapping : throw new ArgumentException($"The id of {typeof(T)} is a {mapping.IdType.Name}, not a {idType.Name}.");
    }
}
