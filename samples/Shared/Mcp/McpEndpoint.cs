using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Samples.Mcp;

/// <summary>
/// Streamable HTTP of the Model Context Protocol: revision 2026-07-28 (each request stands alone) and the earlier ones (initialize opens a
/// session named by <c>Mcp-Session-Id</c>; GET listens, DELETE ends it). Who asks is the request's user, whom the sample has proven before.
/// </summary>
internal static class McpEndpoint
{
    private const string SessionHeader = "Mcp-Session-Id";
    private const string VersionHeader = "MCP-Protocol-Version";
    private static readonly JsonTypeInfo<JsonRpcMessage> s_message = (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));

    public static void MapMcp(this WebApplication app, string path)
    {
        app.MapPost(path, PostAsync);
        app.MapGet(path, GetAsync);
        app.MapDelete(path, DeleteAsync);
    }

    private static async Task PostAsync(HttpContext context, McpSessions sessions)
    {
        var user = context.User;
        if (await ReadAsync(context) is not { } message)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        message.Context = new JsonRpcMessageContext { User = user, ProtocolVersion = context.Request.Headers[VersionHeader] is [{ Length: > 0 } version] ? version : null };
        if (context.Request.Headers[SessionHeader] is [{ Length: > 0 } id])
        {
            await AnswerAsync(context, sessions.Find(id, OwnerOf(user)), message, StatusCodes.Status404NotFound);
        }
        else if (message is JsonRpcRequest { Method: RequestMethods.Initialize })
        {
            var session = sessions.TryCreateSession(OwnerOf(user));
            context.Response.Headers[SessionHeader] = session?.Transport.SessionId;
            await AnswerAsync(context, session, message, StatusCodes.Status503ServiceUnavailable);
        }
        else
        {
            await using var connection = sessions.CreateStateless();
            await AnswerAsync(context, connection, message, StatusCodes.Status500InternalServerError);
        }
    }

    private static async Task AnswerAsync(HttpContext context, McpConnection? connection, JsonRpcMessage message, int statusWithout)
    {
        if (connection is null)
        {
            context.Response.StatusCode = statusWithout;
            return;
        }
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache, no-store";
        if (!await connection.Transport.HandlePostRequestAsync(message, context.Response.Body, context.RequestAborted))
        {
            context.Response.ContentType = null; // a notification: nothing to answer
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }
    }

    private static async Task GetAsync(HttpContext context, McpSessions sessions)
    {
        var user = context.User;
        if (context.Request.Headers[SessionHeader] is not [{ Length: > 0 } id])
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed; // without a session there is nothing to listen to
            context.Response.Headers.Allow = "POST";
            return;
        }
        if (sessions.Find(id, OwnerOf(user)) is not { } connection)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache, no-store";
        await context.Response.Body.FlushAsync(context.RequestAborted);
        try
        {
            await connection.Transport.HandleGetRequestAsync(context.Response.Body, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client stopped listening.
        }
    }

    private static async Task DeleteAsync(HttpContext context, McpSessions sessions)
    {
        var user = context.User;
        if (context.Request.Headers[SessionHeader] is not [{ Length: > 0 } id] || sessions.Find(id, OwnerOf(user)) is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        await sessions.EndAsync(id);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task<JsonRpcMessage?> ReadAsync(HttpContext context)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, s_message, context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string OwnerOf(ClaimsPrincipal user) => user.FindFirst("sub")?.Value ?? user.FindFirst("common_name")?.Value ?? "";
}
