using Aspire.Hosting.Local;
using ManagedOAuth.Testing;
using Npgsql;
using StackExchange.Redis;

namespace ManagedOAuth.Foundation.Tests.Orchestration;

public sealed class LocalServerTests
{
    [Fact]
    public async Task Postgres_KilledAndStartedAgain_KeepsDataAndPort()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await ExecuteAsync(server, "create table kept(n int); insert into kept values (7)");
        var connectionString = server.ConnectionString;

        await server.KillAsync();
        await server.StartAsync();

        Assert.Equal(connectionString, server.ConnectionString);
        Assert.Equal(7, await ExecuteAsync(server, "select n from kept"));
    }

    [Fact]
    public async Task Postgres_SecondHostOnTheSameData_IsRefusedWithTheReason()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        var folder = Path.GetDirectoryName(server.DataDirectory)!;

        var error = Assert.Throws<InvalidOperationException>(() => new LocalPostgres(new LocalServerOptions { Directory = folder }));

        Assert.Contains("in use by another host", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Postgres_StalePostmasterFileOfAnUnrelatedProcess_IsRemoved()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await server.KillAsync();
        // The id of the dead server has passed to a program that lives: this very process.
        var file = Path.Combine(server.DataDirectory, "postmaster.pid");
        await File.WriteAllTextAsync(file, $"{Environment.ProcessId}\n{server.DataDirectory}\n");

        await server.StartAsync();

        Assert.Equal(1, await ExecuteAsync(server, "select 1"));
    }

    [Fact]
    public async Task Postgres_FixedPortIsTaken_SaysWhichPort()
    {
        await using var other = await PostgresServer.StartPrivateAsync();
        await using var server = new LocalPostgres(new LocalServerOptions { Directory = TemporaryFolder.Create("postgres"), Temporary = true, Port = other.Port });

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => server.StartAsync());

        Assert.Contains($"127.0.0.1:{other.Port}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Postgres_WrongPassword_IsRefused()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "guess", Pooling = false }.ConnectionString);

        var error = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync());

        Assert.Equal(PostgresErrorCodes.InvalidPassword, error.SqlState);
    }

    [Fact]
    public async Task Postgres_BelowAFolderThatNobodyElseMayEnter_StartsAllTheSame()
    {
        // As in a home folder of mode 0700. Root then runs the server as a user who cannot get there.
        var folder = Path.Combine(TemporaryFolder.Create("private"), "postgres");
        await using var server = await LocalPostgres.StartNewAsync(new LocalServerOptions { Directory = folder, Temporary = true });

        Assert.Equal(1, await ExecuteAsync(server, "select 1"));
        Assert.True(Directory.Exists(folder));
    }

    [Fact]
    public async Task Databases_OfOneServer_AreSeparate()
    {
        var databases = await Task.WhenAll(PostgresServer.CreateDatabaseAsync(), PostgresServer.CreateDatabaseAsync());

        Assert.NotEqual(databases[0], databases[1]);
    }

    [Fact]
    public async Task Redis_KilledAndStartedAgain_IsEmptyOnTheSamePort()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",abortConnect=false");
        await redis.GetDatabase().StringSetAsync("k", "v");

        await server.KillAsync();
        await server.StartAsync();

        await Eventually.Async(async () => (await redis.GetDatabase().StringGetAsync("k")).IsNull);
    }

    [Fact]
    public async Task Redis_ConfigurationFile_IsPrivateAndForbidsEviction()
    {
        var folder = TemporaryFolder.Create("redis");
        await using var server = await LocalRedis.StartNewAsync(new LocalServerOptions { Directory = folder, Temporary = true });
        var file = Path.Combine(folder, "redis.conf");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Contains("maxmemory-policy noeviction", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{server.Port}"));
    }

    [Fact]
    public void FreePort_ManyAtOnce_AreAllDifferent()
    {
        var ports = Enumerable.Range(0, 100).AsParallel().Select(_ => ManagedOAuth.Testing.FreePort.Next()).ToArray();

        Assert.Equal(100, ports.Distinct().Count());
    }

    private static async Task<object?> ExecuteAsync(LocalPostgres server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
