using System.Diagnostics;
using System.Text;
using ManagedOAuth.AuthorizationServer.Hosting;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.Support;

/// <summary>Another replica of a service, over the same stores and with the same peers, as a process of its own: one that can be killed.</summary>
internal sealed class ReplicaProcess : IAsyncDisposable
{
    private static readonly string[] s_sections = ["ConnectionStrings", "KeysAtRest", "Outbound", "Redis", "ServiceCalls", "ServiceIdentity", "services", "Smtp"];

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private ReplicaProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string GrpcAddress { get; private init; } = "";

    public static async Task<ReplicaProcess> StartAsync(Service service)
    {
        var (http, grpc) = ($"http://127.0.0.1:{FreePort.Next()}", $"http://127.0.0.1:{FreePort.Next()}");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        start.ArgumentList.Add(typeof(AuthorizationServerService).Assembly.Location);
        var settings = service.Services.GetRequiredService<IConfiguration>().AsEnumerable().Where(pair => pair.Value is not null && s_sections.Contains(pair.Key.Split(':')[0]));
        foreach (var (key, value) in settings.Append(new("Kestrel:Endpoints:http:Url", http)).Append(new("Kestrel:Endpoints:grpc:Url", grpc)).Append(new("Kestrel:Endpoints:grpc:Protocols", "Http2")))
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var replica = new ReplicaProcess(start) { GrpcAddress = grpc };
        using var client = new HttpClient();
        await Eventually.Async(async () =>
        {
            Assert.False(replica._process.HasExited, replica.Output);
            try
            {
                return (await client.GetAsync(new Uri(http + "/health"))).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
                return false;
            }
        });
        return replica;
    }

    /// <summary>As <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    private void Append(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
