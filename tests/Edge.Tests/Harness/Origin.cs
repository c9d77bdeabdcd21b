using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>What stands behind the applications: writes down every request exactly as it arrived, and answers by its last path segment.</summary>
public sealed class Origin : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _received = new();

    private Origin(WebApplication app, int port)
    {
        _app = app;
        Port = port;
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>Completed or broken requests to <c>/hang</c> and <c>/sse</c> whose client went away.</summary>
    public ConcurrentQueue<string> Aborted { get; } = new();

    public static async Task<Origin> StartAsync()
    {
        var port = FreePort.Next();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhost(port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        });
        var app = builder.Build();
        var origin = new Origin(app, port);
        app.UseWebSockets();
        app.Run(origin.HandleAsync);
        await app.StartAsync();
        return origin;
    }

    /// <summary>Requests whose target or headers hold this text.</summary>
    public IReadOnlyList<Received> With(string marker)
        => [.. _received.Where(request => request.Target.Contains(marker, StringComparison.Ordinal) || request.Headers.Any(header => header.Value.Contains(marker, StringComparison.Ordinal)))];

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var headers = context.Request.Headers.SelectMany(header => header.Value.Select(value => (header.Key, value ?? ""))).ToList();
        var path = target.Split('?')[0];
        var streams = path.EndsWith("/upload", StringComparison.Ordinal) || path.EndsWith("/never-read", StringComparison.Ordinal);
        using var body = new MemoryStream();
        if (!streams && !context.WebSockets.IsWebSocketRequest)
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }

        var received = new Received(context.Request.Method, target, headers, Encoding.UTF8.GetString(body.ToArray()), context.Connection.Id);
        _received.Enqueue(received);
        await AnswerAsync(context, received, path[(path.LastIndexOf('/') + 1)..]);
    }

    private async Task AnswerAsync(HttpContext context, Received received, string behaviour)
    {
        var response = context.Response;
        switch (behaviour)
        {
            case "unauthorized":
                response.StatusCode = 401;
                response.Headers.WWWAuthenticate = "Basic realm=\"origin\"";
                break;
            case "redirect":
                response.Redirect("http://127.0.0.1:1/elsewhere");
                break;
            case "cookies":
                response.Headers.SetCookie = new(["CF_Authorization=evil; Path=/", "cf.appsession=evil", "session=mine; Path=/"]);
                response.Headers["Cf-Access-Jwt-Assertion"] = "forged";
                response.Headers["X-ManagedOAuth-Origin"] = "forged";
                response.Headers["X-Mine"] = "kept";
                break;
            case "sse":
                await EventsAsync(context);
                break;
            case "hang":
                await HangAsync(context);
                break;
            case "reset":
                context.Abort();
                break;
            case "latin1":
                response.Headers["X-Latin"] = "gr\u00fc\u00df";
                break;
            case "upload":
                var length = 0L;
                var buffer = new byte[64 * 1024];
                int read;
                while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
                {
                    length += read;
                }

                await response.WriteAsync($"{length}");
                break;
            case "never-read":
                response.StatusCode = 413;
                break;
            case "no-content":
                response.StatusCode = 204;
                break;
            case "ws":
                await EchoAsync(context);
                break;
            default:
                response.ContentType = "application/json";
                await response.WriteAsync(JsonSerializer.Serialize(received));
                break;
        }
    }

    private async Task EventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync();
        try
        {
            if (context.Request.Query.ContainsKey("quiet"))
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            for (var i = 0; ; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n", context.RequestAborted);
                await Task.Delay(100, context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            Aborted.Enqueue(context.Request.QueryString.Value ?? "");
        }
    }

    private async Task HangAsync(HttpContext context)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            Aborted.Enqueue(context.Request.QueryString.Value ?? "");
        }
    }

    private static async Task EchoAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = 426;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[4096];
        while (socket.State == WebSocketState.Open)
        {
            var message = await socket.ReceiveAsync(buffer, CancellationToken.None);
            if (message.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, CancellationToken.None);
        }
    }
}
