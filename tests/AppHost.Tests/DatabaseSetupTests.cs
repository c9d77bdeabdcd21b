using ManagedOAuth.AppHost.Database;
using ManagedOAuth.Testing;
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

    [Fact]
    public async Task Script_RunByTwoAtOnce_Succeeds()
    {
        await using var server = await PostgresServer.StartPrivateAsync(); // roles belong to the server: a fresh one has none yet
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Eventually.Passes(() => DatabaseSetup.ApplyAsync(server.ConnectionString, _ => Password, CancellationToken.None))));
    }

    [Fact]
    public void Script_HoldsTheMessageTablesAsMessagingDefinesThem() =>
        Assert.Contains(MessagingSchema.Sql.Trim(), DatabaseSetup.Script(), StringComparison.Ordinal);

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
