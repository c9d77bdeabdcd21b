using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>
/// A client on the wire, over Streamable HTTP with a session: every message that comes, on whichever stream, is kept as it is; questions are answered by
/// a function. Nothing that a library does not know is lost here.
/// </summary>
public sealed class WireClient(HttpClient http, Uri endpoint, Func<string, JsonElement, string> answer) : IAsyncDisposable
{
    private readonly ConcurrentQueue<JsonElement> _heard = new();
    private readonly ConcurrentBag<Task> _reading = [];
    private readonly CancellationTokenSource _end = new();
    private string? _session;
    private string _revision = "";
    private int _id;

    /// <summary>Notifications and questions so far, in the order in which they came.</summary>
    public IReadOnlyList<JsonElement> Heard => [.. _heard];

    /// <summary>Begins the session and listens.</summary>
    /// <returns>The result of <c>initialize</c>.</returns>
    public async Task<JsonElement> InitializeAsync(string revision, string capabilities)
    {
        var begun = await AskAsync("initialize", $$"""{"protocolVersion":"{{revision}}","capabilities":{{capabilities}},"clientInfo":{"name":"wire","version":"1"} }""");
        var result = begun.GetProperty("result");
        _revision = result.GetProperty("protocolVersion").GetString()!;
        var stream = await SendAsync(HttpMethod.Get, null);
        _reading.Add(ReadAsync(stream, _ => { }));
        await TellAsync("notifications/initialized");
        return result;
    }

    /// <summary>Sends a request and waits for its response.</summary>
    public Task<JsonElement> AskAsync(string method, string parameters = "{}") => Begin(method, parameters).Response;

    /// <summary>Sends a request: its id, and its response when there is one.</summary>
    public (int Id, Task<JsonElement> Response) Begin(string method, string parameters)
    {
        var id = Interlocked.Increment(ref _id);
        return (id, RespondedAsync());

        async Task<JsonElement> RespondedAsync()
        {
            var response = await SendAsync(HttpMethod.Post, $$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}","params":{{parameters}} }""");
            if (response.Headers.TryGetValues("Mcp-Session-Id", out var session))
            {
                _session = session.Single();
            }

            var found = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
            var read = ReadAsync(response, message => found.TrySetResult(message));
            _reading.Add(read);
            if (await Task.WhenAny(found.Task, read).WaitAsync(Eventually.DefaultDeadline) == read && !found.Task.IsCompleted)
            {
                await read;
                throw new InvalidOperationException($"{method} was not answered: {(int)response.StatusCode}");
            }

            return await found.Task;
        }
    }

    /// <summary>Sends a notification.</summary>
    public async Task TellAsync(string method, string parameters = "{}")
        => (await SendAsync(HttpMethod.Post, $$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}} }""")).Dispose();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_reading);
        http.Dispose();
        _end.Dispose();
    }

    private async Task ReadAsync(HttpResponseMessage response, Action<JsonElement> responded)
    {
        try
        {
            using (response)
            {
                using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(_end.Token));
                if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
                {
                    responded(JsonDocument.Parse(await reader.ReadToEndAsync(_end.Token)).RootElement);
                    return;
                }

                while (await reader.ReadLineAsync(_end.Token) is { } line)
                {
                    if (line.StartsWith("data: {", StringComparison.Ordinal))
                    {
                        await HandleAsync(JsonDocument.Parse(line[6..]).RootElement, responded);
                    }
                }
            }
        }
        catch (Exception over) when (_end.IsCancellationRequested && over is OperationCanceledException or IOException or HttpRequestException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task HandleAsync(JsonElement message, Action<JsonElement> responded)
    {
        if (!message.TryGetProperty("method", out var method))
        {
            responded(message);
            return;
        }

        _heard.Enqueue(message);
        if (message.TryGetProperty("id", out var id))
        {
            var parameters = message.TryGetProperty("params", out var given) ? given : default;
            (await SendAsync(HttpMethod.Post, $$"""{"jsonrpc":"2.0","id":{{id.GetRawText()}},"result":{{answer(method.GetString()!, parameters)}} }""")).Dispose();
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string? body)
    {
        using var request = new HttpRequestMessage(method, endpoint) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        if (_session is not null)
        {
            request.Headers.TryAddWithoutValidation("Mcp-Session-Id", _session);
            request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", _revision);
        }

        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _end.Token);
    }
}
