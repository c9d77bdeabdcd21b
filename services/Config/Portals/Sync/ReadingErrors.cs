using System.Net;
using System.Text.Json;
using ManagedOAuth.Config.Portals.Servers;
using ModelContextProtocol;

namespace ManagedOAuth.Config.Portals.Sync;

/// <summary>Puts into words why a server could not be read. Nothing that the server sent is repeated: it may hold anything.</summary>
internal static class ReadingErrors
{
    public static McpSyncError Of(Exception failure, ReadingHandler handler, TimeSpan deadline)
    {
        if (handler.IsTooLong)
        {
            return new McpSyncError { Cause = "It answers more than a catalog may be long.", IsUpstream = true, Retryable = false };
        }

        if (handler.LastStatus is { } status && (int)status >= 300)
        {
            return OfStatus(status);
        }

        return failure switch
        {
            OperationCanceledException or TimeoutException => new McpSyncError { Cause = $"It did not answer within {deadline.TotalSeconds:0} seconds." },
            McpProtocolException refused => new McpSyncError { Cause = $"It answered with error {(int)refused.ErrorCode} of the protocol.", McpCode = (int)refused.ErrorCode, IsUpstream = true },
            HttpRequestException unreachable => new McpSyncError { Cause = $"It cannot be reached: {Innermost(unreachable).Message}" },
            IOException => new McpSyncError { Cause = "The connection broke off.", IsUpstream = true },
            JsonException or McpException or InvalidOperationException or NotSupportedException => new McpSyncError { Cause = "What it answers is no MCP that is understood here.", IsUpstream = true },
            _ => new McpSyncError { Cause = $"It could not be read ({failure.GetType().Name})." },
        };
    }

    /// <summary>Whether another transport may be tried: the server says that this is not the one.</summary>
    public static bool IsOtherTransport(HttpStatusCode? status) => status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotAcceptable;

    private static McpSyncError OfStatus(HttpStatusCode status) => new()
    {
        StatusCode = (int)status,
        IsUpstream = true,
        Retryable = (int)status is 408 or 429 or >= 500,
        Cause = status switch
        {
            HttpStatusCode.Unauthorized => "It refuses the credential (401), or asks for one.",
            HttpStatusCode.Forbidden => "It refuses the credential (403).",
            _ when (int)status < 400 => $"It answered with a redirect ({(int)status}), which is not followed; give the address that it leads to.",
            _ when IsOtherTransport(status) => $"There is no MCP endpoint at this address ({(int)status}).",
            _ => $"It answered {(int)status}.",
        },
    };

    private static Exception Innermost(Exception failure) => failure.InnerException is { } inner ? Innermost(inner) : failure;
}
