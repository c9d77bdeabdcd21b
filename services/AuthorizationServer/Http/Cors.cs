namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>Cross-origin access for browser-based clients: to metadata and registration, never with credentials, never at the authorization endpoint (RFC 9700 §2.6).</summary>
public static class Cors
{
    /// <summary>Lets scripts of any origin read this response.</summary>
    public static void AllowAnyOrigin(HttpResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        response.Headers.AccessControlAllowOrigin = "*";
    }

    /// <summary>Answers a preflight: 204 with the methods, and the request headers that clients send.</summary>
    public static IResult Preflight(HttpContext context, string methods)
    {
        ArgumentNullException.ThrowIfNull(context);
        var headers = context.Response.Headers;
        AllowAnyOrigin(context.Response);
        headers.AccessControlAllowMethods = methods;
        headers.AccessControlAllowHeaders = "Accept, Content-Type, MCP-Protocol-Version";
        headers.AccessControlMaxAge = "600";
        return Results.NoContent();
    }
}
