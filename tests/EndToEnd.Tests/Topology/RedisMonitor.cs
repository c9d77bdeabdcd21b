using System.Diagnostics;
using System.Text;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Topology;

/// <summary>Listens to every command that a topology's Redis is sent, with its arguments: whatever is ever stored there passes by.</summary>
public sealed class RedisMonitor : IAsyncDisposable
{
    private readonly StringBuilder _seen = new();
    private readonly Process _cli;

    private RedisMonitor(Process cli)
    {
        _cli = cli;
        _cli.OutputDataReceived += (_, line) => Append(line.Data);
        _cli.BeginOutputReadLine();
    }

    /// <summary>Every command since the start.</summary>
    public string Seen
    {
        get
        {
            lock (_seen)
            {
                return _seen.ToString();
            }
        }
    }

    /// <summary>Starts to listen; returns once Redis has agreed.</summary>
    public static async Task<RedisMonitor> StartAsync(LocalTopology topology)
    {
        ArgumentNullException.ThrowIfNull(topology);
        var folder = Path.Combine(topology.DataFolder, "redis");
        var configuration = await File.ReadAllLinesAsync(Path.Combine(folder, "redis.conf"));
        var port = configuration.Single(line => line.StartsWith("port ", StringComparison.Ordinal))["port ".Length..];
        var start = new ProcessStartInfo("redis-cli", ["-h", "127.0.0.1", "-p", port, "MONITOR"]) { RedirectStandardOutput = true };
        start.Environment["REDISCLI_AUTH"] = (await File.ReadAllTextAsync(Path.Combine(folder, "password"))).Trim();
        var monitor = new RedisMonitor(Process.Start(start)!);
        await Eventually.Async(() => monitor.Seen.StartsWith("OK", StringComparison.Ordinal));
        return monitor;
    }

    public async ValueTask DisposeAsync()
    {
        _cli.Kill();
        await _cli.WaitForExitAsync();
        _cli.Dispose();
    }

    private void Append(string? line)
    {
        lock (_seen)
        {
            _seen.AppendLine(line);
        }
    }
}
