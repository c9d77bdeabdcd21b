using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Portals.BuiltIns;
using ManagedOAuth.Edge.Portals.Log;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.Edge.Routing;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals;

/// <summary>One request at a portal's endpoint, by somebody who was let in.</summary>
internal sealed class PortalRequest
{
    public required HttpContext Http { get; init; }

    public required Door Door { get; init; }

    public required VerifiedCredential Credential { get; init; }

    public required PortalPrincipal Principal { get; init; }

    public required PortalVisitor Visitor { get; init; }

    /// <summary>The portal as it was when the request came.</summary>
    public required PortalDirectory Directory { get; init; }

    public required RpcMessage Message { get; init; }

    public required ClientStream Stream { get; init; }

    /// <summary>The revision that the client speaks.</summary>
    public required string Revision { get; init; }

    /// <summary>Trace id: the same in the answer, the log and the traces.</summary>
    public required string FlowId { get; init; }

    /// <summary>When the request came, in ticks of the clock.</summary>
    public required long StartedAt { get; init; }

    /// <summary>The client's id for its session; null in a revision without sessions, and while it begins one.</summary>
    public string? SessionId { get; init; }

    public PortalSession? Session { get; set; }

    /// <summary>A server asked the client something that it cannot be asked in its revision.</summary>
    public bool IsAskedInVain { get; set; }

    /// <summary>For the portal's log.</summary>
    public PortalLogNotes Log { get; } = new();

    public bool IsStateless => Revisions.IsStateless(Revision);

    public JsonElement ClientInfo => IsStateless ? RpcMessage.Member(Message.Meta, MetaKeys.ClientInfo) : Session?.ClientInfo ?? default;

    public JsonElement ClientCapabilities => IsStateless ? RpcMessage.Member(Message.Meta, MetaKeys.ClientCapabilities) : Session?.Capabilities ?? default;

    /// <summary>The level at which a client without a session wants to hear the logs of this one request; null = none of them, or there is a session.</summary>
    public string? LogLevel => IsStateless ? RpcMessage.Member(Message.Meta, MetaKeys.LogLevel).GetStringOrNull() : null;

    public UpstreamClient Client => new(ClientInfo, ClientCapabilities);

    /// <summary>In whose name servers are asked, also when the request is over.</summary>
    public UpstreamCaller Caller => new(Principal, Credential, Http.Connection.RemoteIpAddress, FlowId);

    /// <summary>To whom sessions with servers belong: this client's session, else this grant (or service token). Never to more.</summary>
    public string UpstreamOwner => SessionId is { } id
        ? $"{Principal.Key}/session/{id}"
        : $"{Principal.Key}/grant/{Credential.GrantId:N}";

    /// <summary>How the endpoint was asked for: the session's choice, or this request's.</summary>
    public string OptimizeContext => Session?.OptimizeContext ?? OptimizedContext.Of(Http.Request);

    /// <summary>Servers that are visible to the one who asks, in the portal's order.</summary>
    public IEnumerable<PortalServer> Servers => Directory.Servers.Where(server => Directory.Sees(Visitor, server));

    /// <summary>Visible servers that are not switched off in the session.</summary>
    public IEnumerable<PortalServer> ActiveServers => Servers.Where(IsActive);

    public bool IsActive(PortalServer server) => Session?.SwitchedOff.Contains(server.ServerId) != true;

    /// <summary>Told what the request uses of a server, before the server is asked.</summary>
    public Action<PortalUse>? Uses { get; init; }

    /// <summary>The one who asks no longer wants to know: known for sure only where closing the connection says so.</summary>
    public CancellationToken Cancellation { get; init; }
}
