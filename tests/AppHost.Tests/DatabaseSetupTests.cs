using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.AppHost.Database;
using ManagedOAuth.Testing;
using Marten;
using Marten.Schema;
using Npgsql;
using Wolverine.Postgresql;

namespace ManagedOAuth.AppHost.Tests;

public sealed class DatabaseSetupTests
{
    private const string Password = "0123456789abcdef";

    [Fact]
    public async Task Script_RunTwice_GivesEachRoleItsSchemaAndTheMessages()
    {
        var superuser = await CreateAsync();
        await DatabaseSetup.ApplyAsync(superuser, _ => Password, CancellationToken.None);

        foreach (var role in DatabaseSetup.Roles)
        {
            await using var connection = await OpenAsync(superuser, role);
            await ExecuteAsync(connection, $"create table {role}.mine(n int); select count(*) from messages.queue; insert into messages.node(id, service, description) values (gen_random_uuid(), 'x', 'y')");
        }
    }

    [Theory]
    [InlineData("create table config.theirs(n int)", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("create table public.t(n int)", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("create table messages.t(n int)", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("drop table messages.queue", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("create role other", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("create database other", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("copy (select 1) to program 'true'", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("set role config", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("set role token_owner", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("update token.mt_events set data = '{}'", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("delete from token.mt_events", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("truncate token.mt_events", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("update token.mt_streams set is_archived = true", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("delete from token.mt_streams", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("alter table token.mt_events disable trigger all", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("drop table token.mt_events", PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData("drop schema token cascade", PostgresErrorCodes.InsufficientPrivilege)]
    public async Task Role_OutsideItsSchema_MayDoNothing(string sql, string sqlState)
    {
        await using var connection = await OpenAsync(await CreateAsync(), "token");

        var error = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, sql));

        Assert.Equal(sqlState, error.SqlState);
    }

    [Theory]
    [InlineData("idle_in_transaction_session_timeout", "30s")]
    [InlineData("statement_timeout", "1min")]
    [InlineData("lock_timeout", "15s")]
    public async Task Role_HasTimeouts(string setting, string expected)
    {
        var superuser = await CreateAsync();
        foreach (var role in DatabaseSetup.Roles)
        {
            await using var connection = await OpenAsync(superuser, role);
            Assert.Equal(expected, await ExecuteAsync(connection, "show " + setting));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // as a version before made it: everything belongs to the service
    public async Task Service_AppendsToItsHistory_AndCannotRewriteIt(bool wasItsOwn)
    {
        var superuser = await CreateAsync();
        var things = Guid.NewGuid();
        if (wasItsOwn)
        {
            await using var admin = new NpgsqlConnection(superuser + ";Pooling=false");
            await admin.OpenAsync();
            await ExecuteAsync(admin, "drop schema token cascade; create schema token authorization token");
            await AppendAsync();
            await using var owner = await OpenAsync(superuser, "token");
            await ExecuteAsync(owner, "update token.mt_events set type = type");
            await Eventually.Passes(() => DatabaseSetup.ApplyAsync(superuser, _ => Password, CancellationToken.None));
        }

        await AppendAsync();
        await AppendAsync();

        await using var connection = await OpenAsync(superuser, "token");
        Assert.Equal(wasItsOwn ? 3L : 2L, await ExecuteAsync(connection, "select count(*) from token.mt_events"));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, "update token.mt_events set data = '{}'"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        Assert.Equal(
            "mt_doc_databasesetuptests_thing token, mt_events token_owner, mt_events_sequence token_owner, mt_streams token_owner",
            await ExecuteAsync(connection, "select string_agg(relname || ' ' || relowner::regrole, ', ' order by relname) from pg_class where relnamespace = 'token'::regnamespace and relkind in ('r', 'S') and (relname ~ '_thing' or relname ~ 'mt_(events|streams)')"));

        async Task AppendAsync()
        {
            await using var store = DocumentStore.For(options =>
            {
                options.Connection(DatabaseSetup.ConnectionStringOf(superuser, "token", Password));
                options.DatabaseSchemaName = "token";
                options.UseSystemTextJsonForSerialization(json => json.TypeInfoResolver = new DefaultJsonTypeInfoResolver());
                options.Events.AddEventType<Happened>();
                options.Schema.For<Thing>().Index(thing => thing.Name);
            });
            await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
            await using var session = store.LightweightSession();
            session.Events.Append(things, new Happened("it"));
            session.Store(new Thing(Guid.NewGuid(), "it"));
            await session.SaveChangesAsync();
        }
    }

    [Fact]
    public void Script_HoldsTheTablesOfTheEventsAsTheStoreDefinesThem() =>
        Assert.Contains(EventTables.SqlFor("token"), DatabaseSetup.Script().Replace("{schema}", "token", StringComparison.Ordinal), StringComparison.Ordinal);

    [Fact]
    public async Task Script_RunByTwoAtOnce_Succeeds()
    {
        await using var server = await PostgresServer.StartPrivateAsync(); // roles belong to the server: a fresh one has none yet
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Eventually.Passes(() => DatabaseSetup.ApplyAsync(server.ConnectionString, _ => Password, CancellationToken.None))));
    }

    [Fact]
    public void Script_HoldsTheMessageTablesAsMessagingDefinesThem() =>
        Assert.Contains(MessagingSchema.Sql.Trim(), DatabaseSetup.Script(), StringComparison.Ordinal);

    private sealed record Happened(string What);

    private sealed record Thing(Guid Id, string Name);

    private static async Task<string> CreateAsync()
    {
        var superuser = await PostgresServer.CreateDatabaseAsync();
        await Eventually.Passes(() => DatabaseSetup.ApplyAsync(superuser, _ => Password, CancellationToken.None)); // tests of other databases alter the same roles
        return superuser;
    }

    private static async Task<NpgsqlConnection> OpenAsync(string superuser, string role)
    {
        var connection = new NpgsqlConnection(DatabaseSetup.ConnectionStringOf(superuser, role, Password) + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
