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

    /// <summary>Trace id.</summary>
    public string FlowId => Answer.FlowId(Http);
}
