using System.Net;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>One HTTP request at a portal's endpoint, by somebody who was let in, with the session that it named.</summary>
internal sealed record PortalVisit(HttpContext Http, Door Door, VerifiedCredential Credential, PortalPrincipal Principal, PortalDirectory Directory, long StartedAt)
{
    /// <summary>Null in a revision without sessions, and before there is one.</summary>
    public string? SessionId { get; init; }

    public PortalSession? Session { get; init; }

    /// <summary>The client's address, as it was when the request came: the request itself may be over when it is asked for.</summary>
    public IPAddress? Client { get; } = Http.Connection.RemoteIpAddress;

    /// <summary>Trace id.</summary>
    public string FlowId => Answer.FlowId(Http);
}
