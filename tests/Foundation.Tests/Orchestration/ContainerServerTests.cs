using Aspire.Hosting.Local;
using Aspire.Hosting.Provisioning;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Foundation.Tests.Orchestration;

/// <summary>
/// The container way, with a stand-in for the engine's client that takes the same arguments, environment file, standard input and signals, and
/// runs the real server behind them.
/// </summary>
public sealed class ContainerServerTests
{
    [Fact]
    public async Task Redis_InAContainer_GetsItsPasswordByStandardInputOnly()
    {
        var folder = TemporaryFolder.Create("container");
        var engine = await WriteEngineAsync(folder);
        await using var server = new ContainerServer(ContainerImage.Redis, new LocalServerOptions { Directory = Path.Combine(folder, "data") }, engine);

        await server.StartAsync();

        var password = server.ConnectionString.Split("password=")[1];
        var log = await File.ReadAllTextAsync(Path.Combine(folder, "log"));
        Assert.StartsWith("rm -f managedoauth-redis-", log, StringComparison.Ordinal);
        Assert.Contains("redis:7 redis-server -", log, StringComparison.Ordinal);
        Assert.DoesNotContain(password, log, StringComparison.Ordinal);
        await server.StopAsync();
        Assert.True(server.Exited.IsCompleted);
    }

    [Fact]
    public async Task Engine_WhoseDaemonIsAway_DoesNotCount()
    {
        Assert.False(await ContainerEngine.AnswersAsync("/bin/false"));
        Assert.False(await ContainerEngine.AnswersAsync("/does/not/exist"));
        Assert.True(await ContainerEngine.AnswersAsync("/bin/true"));
    }

    private static async Task<string> WriteEngineAsync(string folder)
    {
        var path = Path.Combine(folder, "engine");
        await File.WriteAllTextAsync(path, $$"""
            #!/bin/sh
            echo "$@" >> {{folder}}/log
            [ "$1" = run ] || exit 0
            while [ "$1" != -p ]; do shift; done
            port=$(echo "$2" | cut -d: -f2)
            (sed '/^port\|^bind/d'; echo "port $port"; echo "bind 127.0.0.1") > {{folder}}/conf
            exec redis-server {{folder}}/conf
            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
