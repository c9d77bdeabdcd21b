using System.Diagnostics;
using System.Text.Json;
using System.Web;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>npm's MCP SDK with its own OAuth client, in a process (<c>node/client.mjs</c>).</summary>
public sealed class NpmClient : IAsyncDisposable
{
    private static readonly Uri s_redirect = new("http://127.0.0.1:49997/callback");
    private readonly Process _process;

    private NpmClient(Process process) => _process = process;

    /// <summary>Connects with nothing but the address; the user logs in and consents where the client leads.</summary>
    public static async Task<NpmClient> ConnectAsync(Uri endpoint, ScriptedBrowser user)
    {
        var start = new ProcessStartInfo("node", [RepositoryRoot.Of("tests/EndToEnd.Tests/node/client.mjs"), endpoint.ToString(), s_redirect.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var client = new NpmClient(Process.Start(start)!);
        var led = await client.NextAsync();
        var back = HttpUtility.ParseQueryString((await user.AuthorizeAsync(new Uri(led.GetProperty("authorize").GetString()!), s_redirect)).Query);
        var ready = await client.AskAsync(new { code = back["code"] });
        Assert.True(ready.GetProperty("ready").GetBoolean());
        return client;
    }

    /// <summary>The names of the tools that it is shown.</summary>
    public async Task<IReadOnlyList<string>> ToolsAsync()
        => [.. (await AskAsync(new { })).GetProperty("result").GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()!)];

    /// <summary>Calls a tool: the <c>result</c> or the <c>error</c> as the SDK gives it.</summary>
    public Task<JsonElement> CallAsync(string tool, object? arguments = null) => AskAsync(new { tool, arguments });

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<JsonElement> AskAsync(object question)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(question));
        await _process.StandardInput.FlushAsync();
        return await NextAsync();
    }

    private async Task<JsonElement> NextAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(line is not null, "The client has ended.");
        return JsonDocument.Parse(line).RootElement;
    }
}
