using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ManagedOAuth.EndToEnd.Tests.Clients;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>A client of a portal on the wire, with one session that it never begins anew: what becomes of it can be told.</summary>
public sealed class PortalCaller : IDisposable
{
    private readonly HttpClient _own;
    private readonly Uri _endpoint;
    private readonly string _accessToken;
    private string? _session;
    private int _id;

    private PortalCaller(Uri endpoint, string accessToken, bool isPatient)
    {
        (_endpoint, _accessToken) = (endpoint, accessToken);
        _own = isPatient ? new HttpClient(new PatientHandler(new SocketsHttpHandler())) : new HttpClient();
        _own.Timeout = PatientHandler.Timeout;
    }

    /// <summary>Begins the session.</summary>
    /// <param name="endpoint">The portal's endpoint.</param>
    /// <param name="accessToken">Whose session it is.</param>
    /// <param name="over">The connection; a connection of its own when null.</param>
    /// <param name="isPatient">Whether it asks again where the answer is 503.</param>
    public static async Task<PortalCaller> BeginAsync(Uri endpoint, string accessToken, HttpClient? over = null, bool isPatient = true)
    {
        var caller = new PortalCaller(endpoint, accessToken, isPatient);
        using var answer = await caller.PostAsync("initialize", """{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"caller","version":"1"}}""", over);
        answer.EnsureSuccessStatusCode();
        caller._session = answer.Headers.GetValues("Mcp-Session-Id").Single();
        return caller;
    }

    /// <summary>Calls a tool: its text, or what the portal says instead.</summary>
    /// <exception cref="HttpRequestException">There is no answer, or none of the protocol.</exception>
    public async Task<(bool IsResult, string Text)> CallAsync(string tool, HttpClient? over = null, string arguments = "{}")
    {
        var message = await AskAsync("tools/call", $$"""{"name":"{{tool}}","arguments":{{arguments}} }""", over);
        return message.TryGetProperty("result", out var result)
            ? (true, result.GetProperty("content")[0].GetProperty("text").GetString()!)
            : (false, message.GetProperty("error").GetProperty("message").GetString()!);
    }

    /// <summary>Sends a request: the whole answer.</summary>
    /// <exception cref="HttpRequestException">There is no answer, or none of the protocol.</exception>
    public async Task<JsonElement> AskAsync(string method, string parameters = "{}", HttpClient? over = null)
    {
        using var answer = await PostAsync(method, parameters, over);
        answer.EnsureSuccessStatusCode();
        var body = await answer.Content.ReadAsStringAsync();
        return JsonDocument.Parse(body.StartsWith('{') ? body : body.Split('\n').Last(line => line.StartsWith("data: {", StringComparison.Ordinal))[6..]).RootElement;
    }

    public void Dispose() => _own.Dispose();

    private async Task<HttpResponseMessage> PostAsync(string method, string parameters, HttpClient? over)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _endpoint)
        {
            Content = new StringContent($$"""{"jsonrpc":"2.0","id":{{Interlocked.Increment(ref _id)}},"method":"{{method}}","params":{{parameters}}}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _accessToken);
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (_session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", _session);
        }

        return await (over ?? _own).SendAsync(request);
    }
}
