using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Providers;

/// <summary>npm's <c>oidc-provider</c> as a process that can be killed and started again with all it knew.</summary>
public sealed class NodeProvider : IAsyncDisposable
{
    public const string ClientId = "managed-oauth";
    public const string ClientSecret = "a secret of the end-to-end tests";

    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(100) };

    private readonly string _state = Path.Combine(Directory.CreateTempSubdirectory("provider-").FullName, "state.json");
    private readonly StringBuilder _output = new();
    private readonly int _port = FreePort.Next();
    private readonly Uri _redirectUri;
    private readonly string _kind;
    private Process? _process;

    /// <param name="redirectUri">Of its one client.</param>
    /// <param name="kind"><c>mcp</c>: it also protects an MCP server, and clients register themselves.</param>
    public NodeProvider(Uri redirectUri, string kind = "")
    {
        _redirectUri = redirectUri;
        _kind = kind;
    }

    public string Issuer => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}");

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { RepositoryRoot.Of("tests/EndToEnd.Tests/node/provider.mjs"), _port.ToString(CultureInfo.InvariantCulture), _state, _redirectUri.ToString(), _kind })
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.Async(
            async () =>
            {
                Assert.False(_process.HasExited, _output.ToString());
                using var answer = await s_http.GetAsync(new Uri(Issuer + "/.well-known/openid-configuration"));
                return answer.IsSuccessStatusCode;
            },
            what: "the provider answers");
    }

    /// <summary>Who logs in next, and what the provider says about them; null removes the account.</summary>
    public async Task ScriptAsync(string sub, object? claims)
    {
        using var answer = await s_http.PutAsJsonAsync(new Uri(Issuer + "/script"), new { sub, claims });
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Every refresh token that it gave and still knows; oidc-provider keeps opaque ones under themselves.</summary>
    public IReadOnlyList<string> RefreshTokens()
    {
        using var state = JsonDocument.Parse(File.ReadAllText(_state));
        return [.. state.RootElement.GetProperty("entries").EnumerateObject().Select(entry => entry.Name).Where(name => name.StartsWith("RefreshToken:", StringComparison.Ordinal)).Select(name => name["RefreshToken:".Length..])];
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();
        Directory.Delete(Path.GetDirectoryName(_state)!, recursive: true);
    }

    private void Append(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
