using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.AuthorizationServer.Portals;

/// <summary>A request of a signed-in user for a page of a portal.</summary>
public sealed class PortalScope
{
    private PortalScope(RequestScope scope, PortalDirectory directory, Identity user, string teamOrigin)
    {
        (Portal, User, TeamOrigin, Origin, Snapshot) = (directory.Portal, user, teamOrigin, scope.Edge.PublicOrigin, scope.Snapshot);
        var visitor = new PortalVisitor(user, new RequestFacts { ClientAddress = scope.Edge.ClientAddress });
        Servers = [.. directory.Servers.Where(server => directory.Sees(visitor, server))];
    }

    public ConfigurationSnapshot Snapshot { get; }

    public McpPortal Portal { get; }

    /// <summary>Whom the portal's policies let in: Edge has verified the session.</summary>
    public Identity User { get; }

    /// <summary>Scheme and authority of the portal.</summary>
    public string Origin { get; }

    public string TeamOrigin { get; }

    /// <summary>The portal's address for clients.</summary>
    public string Endpoint => Origin + McpPortal.EndpointPath;

    /// <summary>The servers that this user sees.</summary>
    public IReadOnlyList<PortalServer> Servers { get; }

    /// <summary>Those of them at which the user has to log in.</summary>
    public IEnumerable<PortalServer> OwnLogins => Servers.Where(server => server.PerUser);

    /// <summary>The scope; null with the page to answer with.</summary>
    public static PortalScope? Of(HttpContext context, out Page? error)
    {
        var scope = RequestScope.Of(context);
        error = !scope.IsLoaded || scope.TeamOrigin is null ? ErrorPage.NotReady() : ErrorPage.NotFound();
        return scope.IsLoaded && scope.TeamOrigin is { } team && scope.Edge is { ApplicationId: { } application, User: { } user }
            && context.RequestServices.GetRequiredService<PortalDirectoryCache>().Find(scope.Snapshot, application) is { } found
                ? new PortalScope(scope, found, user.Identity, team)
                : null;
    }
}
