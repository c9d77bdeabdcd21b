using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>The rules of a portal's endpoint, in the order in which they are asked.</summary>
internal static class EndpointRules
{
    public static readonly IEndpointRule[] All =
    [
        new OriginIsAllowed(),
        new MethodIsServed(),
        new BodyIsJson(),
        new AnswerIsAccepted(),
        new HeadersComeOnce(),
        new VersionIsKnown(),
        new SessionIdIsPlain(),
    ];

    /// <summary>The first rule that is not kept.</summary>
    public static (IEndpointRule Rule, EndpointRefusal Refusal)? Check(HttpContext context, Door door)
    {
        foreach (var rule in All)
        {
            if (rule.Check(context, door) is { } refusal)
            {
                return (rule, refusal);
            }
        }

        return null;
    }
}

/// <summary>Refuses requests that a page of another site makes: DNS rebinding, and scripts with somebody else's token.</summary>
internal sealed class OriginIsAllowed : IEndpointRule
{
    public string Id => "portal-origin";

    public string Spec => "MCP Streamable HTTP, Security Warning";

    public EndpointRefusal? Check(HttpContext context, Door door)
    {
        var origins = context.Request.Headers.Origin;
        if (origins.Count == 0 || (origins.Count == 1 && string.Equals(origins[0], door.PublicOrigin, StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        if (origins.Count == 1 && door.Application.Cors is { } cors)
        {
            cors.WriteAnswer(origins.ToString(), context.Response.Headers);
        }

        return context.Response.Headers.AccessControlAllowOrigin.Count > 0
            ? null
            : new EndpointRefusal(StatusCodes.Status403Forbidden, "Pages of this origin may not use the portal: in a browser only those of its own origin do, and those that its application's cors_headers name.");
    }
}

/// <summary>POST sends, GET listens, DELETE ends a session; there is nothing else.</summary>
internal sealed class MethodIsServed : IEndpointRule
{
    public string Id => "portal-method";

    public string Spec => "RFC 9110 §15.5.6";

    public EndpointRefusal? Check(HttpContext context, Door door)
    {
        if (context.Request.Method is "POST" or "GET" or "DELETE")
        {
            return null;
        }

        context.Response.Headers.Allow = "POST, GET, DELETE";
        return new EndpointRefusal(StatusCodes.Status405MethodNotAllowed, "Send messages with POST.");
    }
}

/// <summary>A message is <c>application/json</c>.</summary>
internal sealed class BodyIsJson : IEndpointRule
{
    public string Id => "portal-content-type";

    public string Spec => "RFC 9110 §15.5.16";

    public EndpointRefusal? Check(HttpContext context, Door door)
        => context.Request.Method != "POST"
            || (Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
                && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
            ? null
            : new EndpointRefusal(StatusCodes.Status415UnsupportedMediaType, "Send one JSON-RPC message as application/json.");
}

/// <summary>The client takes what it may get: JSON or an event stream for POST, an event stream for GET. Nothing said = everything.</summary>
internal sealed class AnswerIsAccepted : IEndpointRule
{
    public string Id => "portal-accept";

    public string Spec => "MCP Streamable HTTP, Sending Messages to the Server";

    public EndpointRefusal? Check(HttpContext context, Door door)
    {
        var accept = context.Request.Headers.Accept.ToString();
        var takes = accept.Length == 0 || context.Request.Method == "DELETE" || Has("*/*")
            || (Has("text/event-stream") && (context.Request.Method == "GET" || Has("application/json")));
        return takes ? null : new EndpointRefusal(StatusCodes.Status406NotAcceptable, "Accept must list application/json and text/event-stream; for GET, text/event-stream.");

        bool Has(string type) => accept.Contains(type, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>No header of the protocol comes twice: two readers could take different ones.</summary>
internal sealed class HeadersComeOnce : IEndpointRule
{
    private static readonly string[] s_headers = [McpHeaders.ProtocolVersion, McpHeaders.SessionId, McpHeaders.LastEventId, McpHeaders.Method, McpHeaders.Name];

    public string Id => "portal-headers-once";

    public string Spec => "RFC 9110 §5.3";

    public EndpointRefusal? Check(HttpContext context, Door door)
        => s_headers.FirstOrDefault(name => context.Request.Headers[name].Count > 1) is { } twice
            ? new EndpointRefusal(StatusCodes.Status400BadRequest, $"{twice} comes more than once.")
            : null;
}

/// <summary>A revision in <c>MCP-Protocol-Version</c> is one that is spoken here; without the header the session, or the message, says it.</summary>
internal sealed class VersionIsKnown : IEndpointRule
{
    public string Id => "portal-version";

    public string Spec => "MCP Streamable HTTP, Protocol Version Header";

    public EndpointRefusal? Check(HttpContext context, Door door)
    {
        var header = context.Request.Headers[McpHeaders.ProtocolVersion];
        return header.Count == 0 || Revisions.HasSessions(header.ToString()) || Revisions.IsStateless(header.ToString())
            ? null
            : new EndpointRefusal(
                StatusCodes.Status400BadRequest,
                $"This protocol revision is not spoken here. Known are {string.Join(' ', Revisions.WithoutSessions.Concat(Revisions.WithSessions))}.");
    }
}

/// <summary>A session id is one that could be ours: anything else never reaches the store.</summary>
internal sealed class SessionIdIsPlain : IEndpointRule
{
    private const int Maximum = 128;

    public string Id => "portal-session-id";

    public string Spec => "MCP Streamable HTTP, Session Management";

    public EndpointRefusal? Check(HttpContext context, Door door)
    {
        var header = context.Request.Headers[McpHeaders.SessionId];
        return header.Count == 0 || (header.ToString() is { Length: > 0 and <= Maximum } id && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))
            ? null
            : new EndpointRefusal(StatusCodes.Status400BadRequest, "Mcp-Session-Id is not one that was given out here.");
    }
}
