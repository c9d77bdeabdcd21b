using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.AuthorizationServer.Upstream.OAuth;

/// <summary>
/// Where browsers come back to from a server's authorization server. A client that registers itself has an address of its own for every server,
/// so that a hostile server cannot have an honest one's answer sent to it (RFC 9700 §4.4.2.2); a client that was made by hand has the
/// one address that its maker entered.
/// </summary>
/// <param name="RedirectUri">The address.</param>
/// <param name="ClientName">What people read at the authorization server.</param>
/// <param name="MetadataDocument">Where authorization servers can read about the client instead of a registration; null where they cannot reach it.</param>
public sealed record UpstreamCallback(string RedirectUri, string ClientName, string? MetadataDocument)
{
    /// <summary>The callback of a server's logins.</summary>
    /// <param name="server">The server.</param>
    /// <param name="portal">The portal that the login is for; null = the administrator's own.</param>
    /// <param name="teamOrigin">The team domain.</param>
    public static UpstreamCallback Of(McpServer server, McpPortal? portal, string teamOrigin)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(teamOrigin);
        var isShared = portal is null || server.IsSharedOauthCallbackEnabled;
        var address = isShared ? teamOrigin + Paths.SharedServersCallback : PublicOrigin.Of(portal!.Hostname) + Paths.ServersCallback;
        var segment = server.OauthClient is null ? "/" + server.ServerId : "";

        // Only a server on the internet, and one that is reached by https, can read it.
        var document = teamOrigin.StartsWith("https://", StringComparison.Ordinal)
            ? $"{teamOrigin}{Paths.UpstreamClients}/{(isShared ? "shared" : portal!.PortalId)}/{server.ServerId}"
            : null;
        return new UpstreamCallback(address + segment, NameOf(portal), document);
    }

    private static string NameOf(McpPortal? portal) => portal is null ? "ManagedOAuth" : $"{portal.Name} (ManagedOAuth)";
}
