using Aspire.Hosting.Local;
using Npgsql;

namespace ManagedOAuth.Testing;

/// <summary>
/// One private PostgreSQL per test process, started at first use, gone with the process; or the one that <c>MANAGEDOAUTH_TEST_POSTGRES</c>
/// (a superuser's connection string) names.
/// </summary>
public static class PostgresServer
{
    private static readonly Lazy<Task<string>> s_connectionString = new(StartAsync);

    /// <summary>The superuser's connection string, database <c>postgres</c>.</summary>
    public static Task<string> ConnectionStringAsync() => s_connectionString.Value;

    /// <summary>Creates an empty database and returns its connection string (superuser).</summary>
    public static async Task<string> CreateDatabaseAsync()
    {
        var server = await ConnectionStringAsync();
        var name = "test_" + Guid.NewGuid().ToString("N");
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync();
        // Small pools that empty themselves: each test has its own database, and all share the server's connections.
        return new NpgsqlConnectionStringBuilder(server) { Database = name, MaxPoolSize = 20, ConnectionIdleLifetime = 5, ConnectionPruningInterval = 1 }.ConnectionString;
    }

    /// <summary>A server of its own, for a test that stops or kills it. Dispose it to remove its data.</summary>
    public static Task<LocalPostgres> StartPrivateAsync() => LocalPostgres.StartNewAsync(new LocalServerOptions { Directory = TemporaryFolder.Create("postgres"), Temporary = true });

    private static async Task<string> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("MANAGEDOAUTH_TEST_POSTGRES") is { Length: > 0 } given)
        {
            return given;
        }
        var server = await LocalPostgres.StartNewAsync(new LocalServerOptions { Directory = TemporaryFolder.Create("postgres"), Temporary = true, MaxConnections = 500 });
        TemporaryFolder.BeforeRemoval(server.KillAsync);
        return server.ConnectionString;
    }
}
