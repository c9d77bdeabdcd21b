using ManagedOAuth.Testing;
using Marten;
using Marten.Events.Projections;
using Npgsql;

namespace ManagedOAuth.Foundation.Tests.EventStore;

/// <summary>A store with a database of its own.</summary>
public sealed class TestStore : IAsyncDisposable
{
    private TestStore(string connectionString, DocumentStore store)
    {
        ConnectionString = connectionString;
        Store = store;
    }

    public string ConnectionString { get; }

    public DocumentStore Store { get; }

    public static GrantIssued Issued(string subject = "alice") => new(subject, new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero), GrantKind.Browser);

    public static async Task<TestStore> CreateAsync(Action<StoreOptions>? more = null)
    {
        // Some tests count what the driver does: its connection stays, also while the machine stands still.
        var connectionString = new NpgsqlConnectionStringBuilder(await PostgresServer.CreateDatabaseAsync()) { ConnectionIdleLifetime = 300 }.ConnectionString;
        var store = Open(connectionString, more);
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        return new TestStore(connectionString, store);
    }

    /// <summary>A store as a second replica would have it.</summary>
    public static DocumentStore Open(string connectionString, Action<StoreOptions>? more = null) => DocumentStore.For(options =>
    {
        options.Connection(connectionString);
        options.DatabaseSchemaName = "grants";
        options.Serializer(TestJsonContext.Default);
        options.Events.AddEventType<GrantNoted>();
        options.Schema.For<User>().UniqueIndex(x => x.Email).Index(x => x.LoginCount);
        options.Schema.For<Setting>().Identity(x => x.Key);
        options.Projections.Snapshot<Grant>(SnapshotLifecycle.Inline);
        options.Projections.LeadershipPollingTime = TimeSpan.FromMilliseconds(50);
        options.Projections.FastPollingTime = TimeSpan.FromMilliseconds(50);

        // Some tests hold a lock for which a save waits.
        options.CommandTimeout = TimeSpan.FromMinutes(1);
        more?.Invoke(options);
    });

    public async Task<Guid> StartAsync(params object[] events)
    {
        var id = Guid.NewGuid();
        await using var session = Store.LightweightSession();
        session.Events.StartStream<Grant>(id, events.Length > 0 ? events : [Issued()]);
        await session.SaveChangesAsync();
        return id;
    }

    public async Task AppendAsync(Guid id, params object[] events)
    {
        await using var session = Store.LightweightSession();
        session.Events.Append(id, events);
        await session.SaveChangesAsync();
    }

    /// <summary>A plain connection, as anyone with psql has it.</summary>
    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    public async Task<List<object?[]>> SqlAsync(string sql, params object[] parameters)
    {
        await using var connection = await ConnectAsync();
        return await SqlAsync(connection, sql, parameters);
    }

    public static async Task<List<object?[]>> SqlAsync(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        var rows = new List<object?[]>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        }

        return rows;
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
