using System.Diagnostics;
using System.Net;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Token.Tests.Support;

/// <summary>A Token replica in a process of its own, to be killed.</summary>
internal sealed class ProcessReplica : IDisposable
{
    private readonly Process _process;

    private ProcessReplica(Process process) => _process = process;

    public static async Task<ProcessReplica> StartAsync(TokenCluster cluster, Dictionary<string, string> settings)
    {
        var http = $"http://127.0.0.1:{FreePort.Next()}";
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in cluster.Settings(settings))
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["Kestrel__Endpoints__http__Url"] = http;
        start.Environment["Kestrel__Endpoints__grpc__Url"] = $"http://127.0.0.1:{FreePort.Next()}";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => cluster.Log.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => cluster.Log.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var client = new HttpClient();
        await Eventually.Async(async () => (await client.GetAsync(http + "/health")).StatusCode == HttpStatusCode.OK, TimeSpan.FromMinutes(3));
        return new ProcessReplica(process);
    }

    /// <summary>SIGKILL, without any chance to tidy up.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}
