using ManagedOAuth.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wolverine;
using Wolverine.Postgresql;

namespace ManagedOAuth.Foundation.Tests.Messaging;

public sealed class SchemaTests : IAsyncLifetime
{
    private readonly string _role = "role_" + Guid.NewGuid().ToString("N");
    private TestDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync($"create role {_role} login password 'for-tests'");
    }

    public async Task DisposeAsync()
    {
        await _database.ExecuteAsync($"drop owned by {_role}");
        await _database.ExecuteAsync($"drop role {_role}");
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Ensure_ByManyAtOnce_MakesTheTablesOnce()
    {
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Installer(source).EnsureAsync(CancellationToken.None)));
        Assert.Equal(["dead_letter", "inbox", "node", "queue"], await _database.TextsAsync(
            "select table_name::text from information_schema.tables where table_schema = 'messages' order by 1"));
    }

    [Fact]
    public async Task Sql_RunTwice_ChangesNothing()
    {
        await _database.ExecuteAsync(MessagingSchema.Sql);
        await _database.ExecuteAsync(MessagingSchema.Sql);
        Assert.Equal(0, await _database.CountAsync("messages.queue"));
    }

    [Fact]
    public void BootstrapScript_OfTheAppHost_HoldsEveryStatement()
    {
        var script = Plain(File.ReadAllText(RepositoryRoot.Of("AppHost/Database/database.sql")));
        Assert.All(MessagingSchema.Sql.Split(';').Select(Plain), statement => Assert.Contains(statement, script));
    }

    [Fact]
    public async Task Ensure_ByRoleThatMayNotCreate_UsesWhatIsThere()
    {
        await _database.ExecuteAsync(MessagingSchema.Sql);
        await _database.ExecuteAsync(MessagingSchema.GrantSql(_role));
        await using var source = AsRole();
        await Installer(source).EnsureAsync(CancellationToken.None);

        var store = new QueueStore(source, new QueueSql("messages"), TimeSpan.FromSeconds(5));
        var node = Guid.NewGuid();
        await store.InsertAsync([new Envelope { Id = Guid.NewGuid(), MessageType = "m", Destination = "q", Data = "{}"u8.ToArray() }], CancellationToken.None);
        var claimed = await store.ClaimAsync("q", 10, DateTimeOffset.UtcNow, node, 1000, CancellationToken.None);
        await store.BuryAsync(Assert.Single(claimed), DeadLetterReason.Failed, null, CancellationToken.None);
        Assert.Equal(1, await _database.CountAsync("messages.dead_letter"));
    }

    [Fact]
    public async Task Ensure_WithoutTablesAndRights_SaysWhatToDo()
    {
        await using var source = AsRole();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Installer(source).EnsureAsync(CancellationToken.None));
        Assert.Contains("MessagingSchema.Sql", error.Message);
    }

    [Fact]
    public async Task Start_WithEventsInAnotherDatabase_IsRefused()
    {
        await using var elsewhere = await TestDatabase.CreateAsync();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => MessagingHost.StartAsync(_database, o => o.PersistMessagesWithPostgresql(elsewhere.ConnectionString)));
        Assert.Contains("different databases", error.Message);
    }

    private NpgsqlDataSource AsRole()
        => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Username = _role, Password = "for-tests", Pooling = false }.ConnectionString);

    private static SchemaInstaller Installer(NpgsqlDataSource source) => new(source, "messages", new DurabilitySettings(), NullLogger<SchemaInstaller>.Instance);

    private static string Plain(string sql) => string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
