using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>A server of the older SSE transport (2024-11-05) that a test may let do what no SDK does.</summary>
internal sealed class SseServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Stream> _streams = new();
    private int _opened;
    private int _open;

    private SseServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/sse", (Delegate)ListenAsync);
        _app.MapPost("/messages", (Delegate)ReceiveAsync);
    }

    public string Url => _app.Urls.Single() + "/sse";

    /// <summary>Streams that were ever opened.</summary>
    public int Opened => Volatile.Read(ref _opened);

    /// <summary>Streams that are open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>What becomes of a message: the status it is answered with. What is to be said is said to the stream; null = the server answers as it should.</summary>
    public Func<Stream, JsonElement, CancellationToken, Task<int?>> Instead { get; set; } = static (_, _, _) => Task.FromResult<int?>(null);

    public static async Task<SseServer> StartAsync()
    {
        var server = new SseServer();
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ListenAsync(HttpContext context)
    {
        var stream = new Stream(Interlocked.Increment(ref _opened));
        var id = Guid.NewGuid().ToString("N");
        _streams[id] = stream;
        Interlocked.Increment(ref _open);
        try
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync($"event: endpoint\ndata: /messages?id={id}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await foreach (var line in stream.Lines.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(line + "\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The portal has closed it.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task<IResult> ReceiveAsync(HttpContext context, CancellationToken cancellation)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellation);
        var (stream, message) = (_streams[context.Request.Query["id"]!], body.RootElement);
        if (await Instead(stream, message, cancellation) is { } status)
        {
            return Results.StatusCode(status);
        }

        if (message.TryGetProperty("id", out var id) && message.TryGetProperty("method", out var method))
        {
            stream.Say($$"""{"jsonrpc":"2.0","id":{{id.GetRawText()}},"result":{{ResultOf(method.GetString()!)}}}""");
        }

        return Results.Accepted();
    }

    private static string ResultOf(string method) => method switch
    {
        "initialize" => """{"protocolVersion":"2024-11-05","capabilities":{"tools":{} },"serverInfo":{"name":"old","version":"1"} }""",
        "tools/call" => """{"content":[{"type":"text","text":"read"}]}""",
        _ => "{}",
    };

    /// <summary>One stream.</summary>
    /// <param name="Number">1 for the first that was opened.</param>
    internal sealed record Stream(int Number)
    {
        public Channel<string> Lines { get; } = Channel.CreateUnbounded<string>();

        /// <summary>Says a message.</summary>
        public void Say(string message) => Lines.Writer.TryWrite($"event: message\ndata: {message}");

        /// <summary>Says what is no event: that it is there.</summary>
        public void Breathe() => Lines.Writer.TryWrite(": breath");
    }
}
