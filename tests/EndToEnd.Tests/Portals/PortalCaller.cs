using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>A client of a portal on the wire, with one session that it never begins anew: what becomes of it can be told.</summary>
public sealed class PortalCaller : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Uri _endpoint;
    private int _id;

    private PortalCaller(Uri endpoint, string accessToken)
    {
        _endpoint = endpoint;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        _http.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        _http.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
    }

    /// <summary>Begins the session.</summary>
    public static async Task<PortalCaller> BeginAsync(Uri endpoint, string accessToken)
    {
        var caller = new PortalCaller(endpoint, accessToken);
        using var answer = await caller.PostAsync("initialize", """{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"caller","version":"1"}}""");
        answer.EnsureSuccessStatusCode();
        caller._http.DefaultRequestHeaders.Add("Mcp-Session-Id", answer.Headers.GetValues("Mcp-Session-Id"));
        return caller;
    }

    /// <summary>Calls a tool: its text, or what the portal says instead.</summary>
    /// <exception cref="HttpRequestException">There is no answer, or none of the protocol.</exception>
    public async Task<(bool IsResult, string Text)> CallAsync(string tool)
    {
        using var answer = await PostAsync("tools/call", $$"""{"name":"{{tool}}","arguments":{} }""");
        answer.EnsureSuccessStatusCode();
        var body = await answer.Content.ReadAsStringAsync();
        var message = JsonDocument.Parse(body.StartsWith('{') ? body : body.Split('\n').Last(line => line.StartsWith("data: {", StringComparison.Ordinal))[6..]).RootElement;
        return message.TryGetProperty("result", out var result)
            ? (true, result.GetProperty("content")[0].GetProperty("text").GetString()!)
            : (false, message.GetProperty("error").GetProperty("message").GetString()!);
    }

    public void Dispose() => _http.Dispose();

    private Task<HttpResponseMessage> PostAsync(string method, string parameters) => _http.PostAsync(_endpoint, new StringContent(
        $$"""{"jsonrpc":"2.0","id":{{Interlocked.Increment(ref _id)}},"method":"{{method}}","params":{{parameters}}}""", Encoding.UTF8, "application/json"));
}
