using System.Diagnostics;
using System.Globalization;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Benchmarks;

/// <summary>An edge as the process that it is, with its figures from the system.</summary>
internal sealed class MeasuredEdge : IAsyncDisposable
{
    private readonly Process _process;

    private MeasuredEdge(Process process, int port) => (_process, Port) = (process, port);

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>The edge that was built with the benchmark.</summary>
    public static string Built()
        => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../services/Edge/bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0/ManagedOAuth.Edge.dll"));

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="edge">Its assembly.</param>
    /// <param name="settings">Where its peers are, and whatever is not as usual.</param>
    public static async Task<MeasuredEdge> StartAsync(string edge, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var (port, healthPort) = (FreePort.Next(), FreePort.Next());
        var start = new ProcessStartInfo("dotnet", [edge]) { WorkingDirectory = Path.GetDirectoryName(edge)! };
        foreach (var (key, value) in settings.Concat(IdentityFiles.Settings("edge")).Concat(
        [
            new("Kestrel:Endpoints:http:Url", $"http://127.0.0.1:{healthPort}"),
            new("Edge:Listen:0", $"http://127.0.0.1:{port}"),
            new("Edge:TeamDomain", "http://localhost:8702"),
            new("Edge:DashboardDomain", "http://localhost:8703"),
        ]))
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var measured = new MeasuredEdge(Process.Start(start)!, port);
        using var client = new HttpClient();
        await Eventually.Async(async () => (await client.GetAsync($"http://127.0.0.1:{healthPort}/health")).IsSuccessStatusCode);
        return measured;
    }

    public long ResidentMegabytes()
    {
        _process.Refresh();
        return _process.WorkingSet64 >> 20;
    }

    /// <summary>Spent so far: utime and stime of /proc/{pid}/stat, in clock ticks of 10 ms (proc(5)).</summary>
    public TimeSpan CpuTime()
    {
        var stat = File.ReadAllText($"/proc/{_process.Id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromMilliseconds(10 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
