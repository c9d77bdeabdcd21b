using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>
/// HTTP around the endpoints that clients post forms to: methods, CORS without credentials (RFC 9700 §2.6), <c>no-store</c>, error shape.
/// </summary>
public static class FormEndpoint
{
    private const string Methods = "POST, OPTIONS";

    /// <summary>Maps a path: POST is handled, a preflight answered, everything else refused with 405.</summary>
    public static IEndpointConventionBuilder MapPostForm(this IEndpointRouteBuilder app, string path, RequestDelegate handle)
        => app.Map(path, http =>
        {
            http.Response.Headers.AccessControlAllowOrigin = "*";
            http.Response.Headers.CacheControl = "no-store";
            http.Response.Headers.Pragma = "no-cache";
            if (HttpMethods.IsPost(http.Request.Method))
            {
                http.Response.Headers.AccessControlExposeHeaders = "Retry-After, WWW-Authenticate";
                return handle(http);
            }

            http.Response.Headers.Allow = Methods;
            if (!HttpMethods.IsOptions(http.Request.Method))
            {
                http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                return Task.CompletedTask;
            }

            http.Response.StatusCode = StatusCodes.Status204NoContent;
            http.Response.Headers.AccessControlAllowMethods = Methods;
            http.Response.Headers.AccessControlAllowHeaders = "Authorization, Content-Type, MCP-Protocol-Version";
            http.Response.Headers.AccessControlMaxAge = "3600";
            return Task.CompletedTask;
        });

    /// <summary>Reads what came, without judging it. Parameters in the URL are not looked at.</summary>
    public static async Task<EndpointRequest> ReadAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        var edge = http.GetEdgeRequest();
        return new EndpointRequest
        {
            ApplicationId = edge.ApplicationId,
            PublicOrigin = edge.PublicOrigin,
            ClientAddress = edge.ClientAddress,
            FlowId = edge.FlowId,
            ContentType = http.Request.ContentType,
            Authorization = [.. http.Request.Headers.Authorization.OfType<string>()],
            Body = await ReadBodyAsync(http),
        };
    }

    /// <summary>Writes a JSON answer.</summary>
    public static Task WriteAsync<T>(HttpContext http, int status, T body, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(http);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(http.Response.Body, body, type, http.RequestAborted);
    }

    /// <summary>Writes an error (RFC 6749 §5.2).</summary>
    public static Task WriteAsync(HttpContext http, OAuthError error)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(error);
        if (error.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (error.ChallengeBasic)
        {
            http.Response.Headers.WWWAuthenticate = new StringValues("Basic realm=\"token\"");
        }

        return WriteAsync(http, error.Status, new ErrorResponse(error.Code, error.Description), EndpointJson.Default.ErrorResponse);
    }

    // Null = longer than allowed: at most one byte more than the limit is ever read.
    private static async Task<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpContext http)
    {
        var buffer = new byte[FormBody.MaximumBytes + 1];
        var length = await http.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, http.RequestAborted);
        return length > FormBody.MaximumBytes ? null : buffer.AsMemory(0, length);
    }
}
