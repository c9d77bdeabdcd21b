using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Challenges;
using ManagedOAuth.Edge.Cors;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.RefusedRequests;
using ManagedOAuth.Edge.RequestChecks;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.ServiceRouting;
using ManagedOAuth.Edge.Sessions;
using ManagedOAuth.Edge.Telemetry;

namespace ManagedOAuth.Edge.Pipeline;

/// <summary>
/// A request to the domain of an application: 1 our own paths, and the pages of a portal, 2 which application (a portal is served here), 3 preflight,
/// 4 Bypass, 5 who it is, 6 on to the origin.
/// </summary>
internal sealed class ApplicationRequests(
    ServiceProxy services,
    AuthorizedEndpoint authorized,
    LogoutEndpoint logout,
    IdentityEndpoint identity,
    Authenticator authenticator,
    Refusals refusals,
    PortalPages portalPages,
    PortalRequests portals,
    OriginForwarding origins,
    RequestFigures figures,
    RefusalNotes notes)
{
    public Task HandleAsync(HttpContext context, HostRoutes host, RequestTarget target)
    {
        var path = target.Path;
        var managed = host.Root is { Application.ManagedOAuth: true };
        if (ServicePaths.Find(ServicePaths.Applications, path) is { } entry && (managed || !entry.OnlyManaged))
        {
            return OwnPathAsync(context, host, entry, target);
        }

        if (ServicePaths.IsOwn(path))
        {
            return KnownAnswers.NotFound.WriteAsync(context);
        }

        if (host.Root is { Application.IsPortal: true } portal && PortalPages.Find(path) is { } page)
        {
            return portalPages.HandleAsync(context, host, portal, page, target);
        }

        if (!host.TryFindDoor(path, out var door))
        {
            EdgeMetrics.Refused("ambiguous-path");
            notes.AddBadRequest(context, "ambiguous-path");
            return KnownAnswers.AmbiguousPath.WriteAsync(context);
        }

        if (door is null)
        {
            return KnownAnswers.NotFound.WriteAsync(context);
        }

        if (door.Application.IsPortal)
        {
            return portals.HandleAsync(context, door, target);
        }

        if (Preflight.Is(context.Request))
        {
            return PreflightAsync(context, door, target);
        }

        return Bypasses(context, door.Application) ? ForwardAsync(context, door, target, null) : AuthenticateAsync(context, door, target);
    }

    private Task OwnPathAsync(HttpContext context, HostRoutes host, ServicePath entry, RequestTarget target) => entry switch
    {
        { Service: { } service } => services.HandleAsync(context, host, host.Doors[^1].Application.Id, service, target.PathAndQuery, entry.BodyLimit),
        { Path: ServicePaths.Authorized } => authorized.HandleAsync(context, host),
        { Path: ServicePaths.Logout } => logout.HandleAsync(context, host),
        _ => identity.HandleAsync(context, host),
    };

    private Task PreflightAsync(HttpContext context, Door door, RequestTarget target)
    {
        // The origin answers preflights itself where its administrator says so; no credential goes along in any case.
        if (door.Application.Record.OptionsPreflightBypass && door.Application.Cors is null)
        {
            return ForwardAsync(context, door, target, null);
        }

        Preflight.Answer(context, door.Application.Cors);
        return Task.CompletedTask;
    }

    private async Task AuthenticateAsync(HttpContext context, Door door, RequestTarget target)
    {
        var authentication = await authenticator.AuthenticateAsync(context, door);
        if (authentication is not { Problem: CredentialProblem.None, Credential: { } credential })
        {
            EdgeMetrics.Refused(Names.Of(authentication.Problem));
            figures.NotAllowed(door.Application.Id, authentication.Problem);
            await refusals.AnswerAsync(context, door, target.PathAndQuery, authentication);
            return;
        }

        if (IsForeignWebSocket(context, door, credential))
        {
            EdgeMetrics.Refused("cross-site");
            figures.Refused(door.Application.Id);
            notes.Add(context, door.Application, authentication, RefusalReasons.CrossSite);
            await KnownAnswers.CrossSite.WriteAsync(context);
            return;
        }

        await ForwardAsync(context, door, target, credential);
    }

    private Task ForwardAsync(HttpContext context, Door door, RequestTarget target, VerifiedCredential? credential)
    {
        EdgeMetrics.Allowed(Names.Of(credential?.Kind ?? CredentialKind.None));
        figures.Allowed(door.Application.Id);
        return origins.ForwardAsync(context, door, target.PathAndQuery, credential);
    }

    private static bool Bypasses(HttpContext context, ProtectedApplication application)
        => application.AlwaysBypasses
            || (application.HasBypass
                && application.Evaluate(null, new RequestFacts { ClientAddress = context.Connection.RemoteIpAddress }).Outcome == PolicyOutcome.Bypass);

    // A WebSocket is exempt from the same-origin policy: without this check any page could open one with the user's cookie.
    private static bool IsForeignWebSocket(HttpContext context, Door door, VerifiedCredential credential)
        => credential.Kind == CredentialKind.BrowserSession
            && context.Request.Headers.Upgrade.Count > 0
            && context.Request.Headers.Origin.ToString() is { Length: > 0 } origin
            && !string.Equals(origin, door.PublicOrigin, StringComparison.OrdinalIgnoreCase)
            && door.Application.Cors?.AllowsWithCredentials(origin) != true;
}
