using System.Globalization;
using System.Net.WebSockets;
using System.Text;

namespace ManagedOAuth.Samples.OrdersApi;

/// <summary>Answers that take their time: events, WebSocket, chunks. The numbers come from the query and are bounded.</summary>
internal static class StreamEndpoints
{
    public static void MapStreams(this WebApplication app)
    {
        app.MapGet("/events", EventsAsync);
        app.MapGet("/chunked", ChunkedAsync);
        app.MapGet("/slow", async (int? ms, CancellationToken ct) =>
        {
            await Task.Delay(Math.Clamp(ms ?? 1000, 0, 120_000), ct);
            return "slow";
        });
        app.Map("/ws", EchoSocketAsync);
    }

    /// <summary>Server-sent events, <c>count</c> of them (without it: until the client leaves), one every <c>interval_ms</c>.</summary>
    private static async Task EventsAsync(HttpContext context, int? count, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "interval_ms")] int? interval)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        for (var i = 1; i <= (count ?? int.MaxValue); i++)
        {
            await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"id: {i}\nevent: order\ndata: {{\"number\":{i}}}\n\n"), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Math.Clamp(interval ?? 1000, 1, 60_000), context.RequestAborted);
        }
    }

    /// <summary>A body without a length: <c>count</c> chunks of <c>size</c> bytes, <c>delay_ms</c> apart.</summary>
    private static async Task ChunkedAsync(HttpContext context, int? count, int? size, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "delay_ms")] int? delay)
    {
        context.Response.ContentType = "application/octet-stream";
        var chunk = Encoding.ASCII.GetBytes(new string('x', Math.Clamp(size ?? 1024, 1, 1 << 20)));
        for (var i = 0; i < Math.Clamp(count ?? 10, 0, 100_000); i++)
        {
            await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (delay is > 0)
            {
                await Task.Delay(Math.Min(delay.Value, 60_000), context.RequestAborted);
            }
        }
    }

    /// <summary>Sends every message back as it came.</summary>
    private static async Task EchoSocketAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            context.Response.Headers.Upgrade = "websocket";
            return;
        }
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, socket.CloseStatusDescription, context.RequestAborted);
                return;
            }
            await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, context.RequestAborted);
        }
    }
}
