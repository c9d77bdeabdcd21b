using Aspire.Hosting.Local;

namespace ManagedOAuth.Testing;

/// <summary>One private Redis per test process, started at first use, gone with the process; or the one that <c>MANAGEDOAUTH_TEST_REDIS</c> names.</summary>
public static class RedisServer
{
    private static readonly Lazy<Task<string>> s_connectionString = new(StartAsync);

    /// <summary>In the form of StackExchange.Redis: <c>127.0.0.1:port,password=...</c>. Tests share the server: use keys of your own.</summary>
    public static Task<string> ConnectionStringAsync() => s_connectionString.Value;

    /// <summary>A server of its own, for a test that stops, kills or fills it.</summary>
    public static Task<LocalRedis> StartPrivateAsync() => LocalRedis.StartNewAsync(new LocalServerOptions { Directory = TemporaryFolder.Create("redis"), Temporary = true });

    private static async Task<string> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("MANAGEDOAUTH_TEST_REDIS") is { Length: > 0 } given)
        {
            return given;
        }
        var server = await LocalRedis.StartNewAsync(new LocalServerOptions { Directory = TemporaryFolder.Create("redis"), Temporary = true, MaxConnections = 500 });
        TemporaryFolder.BeforeRemoval(server.KillAsync);
        return server.ConnectionString;
    }
}
