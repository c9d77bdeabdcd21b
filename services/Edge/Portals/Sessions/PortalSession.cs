using System.Text.Json;

namespace ManagedOAuth.Edge.Portals.Sessions;

/// <summary>
/// A session of a client with a portal (revisions with sessions): what <c>initialize</c> said, and what was chosen since. It opens nothing:
/// every request brings its own credential, and the session is found only by the principal and portal that it belongs to.
/// </summary>
internal sealed record PortalSession
{
    /// <summary>Longest silence before a session is over.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromHours(24);

    /// <summary>Portal application.</summary>
    public required Guid ApplicationId { get; init; }

    /// <summary>Whose it is; see <see cref="PortalPrincipal.Key"/>.</summary>
    public required string Principal { get; init; }

    /// <summary>The grant that began it, with which it ends; empty = a service token did. Other grants of the same principal may use it.</summary>
    public Guid GrantId { get; init; }

    /// <summary>The negotiated revision.</summary>
    public required string Revision { get; init; }

    /// <summary><c>clientInfo</c> as the client said it.</summary>
    public JsonElement? ClientInfo { get; init; }

    /// <summary><c>capabilities</c> as the client said them.</summary>
    public JsonElement? Capabilities { get; init; }

    /// <summary>Servers that the user has switched off in this session, by id.</summary>
    public IReadOnlyList<string> SwitchedOff { get; init; } = [];

    /// <summary>The level of <c>logging/setLevel</c>; null = never asked for.</summary>
    public string? LogLevel { get; init; }

    /// <summary>Resources whose changes the client wants to hear of, the oldest wish first: a session with a server that begins anew is told so.</summary>
    public IReadOnlyList<ResourceSubscription> Subscriptions { get => field ?? []; init; } = [];

    /// <summary>How the portal's own tools were asked for in the endpoint's address.</summary>
    public string OptimizeContext { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Tells which of two states of a session is the newer one; it never goes back, whatever a replica's clock says.</summary>
    public DateTimeOffset ChangedAt { get; init; }
}
