using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Challenges;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.RefusedRequests;
using ManagedOAuth.Edge.RequestChecks;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.ServiceRouting;
using ManagedOAuth.Edge.Sessions;
using ManagedOAuth.Edge.Telemetry;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Edge.Pipeline;

/// <summary>
/// A request to the dashboard's domain: 1 the admin API is opened by API tokens, which Config checks; 2 the pages are opened by the browser
/// session of the application that has this domain, and Config is told the verified user; 3 while there is no such application, Config asks
/// for an API token itself.
/// </summary>
internal sealed class DashboardRequests(
    ServiceProxy services, AuthorizedEndpoint authorized, LogoutEndpoint logout, IdentityEndpoint identity, Authenticator authenticator, Refusals refusals, RequestFigures figures,
    RefusalNotes notes)
{
    public Task HandleAsync(HttpContext context, HostRoutes host, RequestTarget target)
    {
        if (IsHealth(target))
        {
            return KnownAnswers.NotFound.WriteAsync(context);
        }

        if (host.Root is not { } door || ServicePaths.AdminApi.Covers(target.Path))
        {
            return ConfigAsync(context, host, target, null);
        }

        if (ServicePaths.Find(ServicePaths.Dashboard, target.Path) is { } entry)
        {
            return entry switch
            {
                { Service: { } service } => services.HandleAsync(context, host, null, service, target.PathAndQuery, entry.BodyLimit),
                { Path: ServicePaths.Authorized } => authorized.HandleAsync(context, host),
                { Path: ServicePaths.Logout } => logout.HandleAsync(context, host),
                _ => identity.HandleAsync(context, host),
            };
        }

        return ServicePaths.IsOwn(target.Path) ? KnownAnswers.NotFound.WriteAsync(context) : AuthenticateAsync(context, host, door, target);
    }

    // Also where a Bypass policy would let everybody in: pages that change everything are never open to nobody in particular.
    private async Task AuthenticateAsync(HttpContext context, HostRoutes host, Door door, RequestTarget target)
    {
        var authentication = await authenticator.AuthenticateAsync(context, door);
        if (authentication.Problem != CredentialProblem.None)
        {
            EdgeMetrics.Refused(Names.Of(authentication.Problem));
            figures.NotAllowed(door.Application.Id, authentication.Problem);
            await refusals.AnswerAsync(context, door, target.PathAndQuery, authentication);
            return;
        }

        // Programs have the admin API; a page acts for the person in front of it.
        if (authentication is not { Kind: CredentialKind.BrowserSession, Credential.Identity: { } user })
        {
            notes.Add(context, door.Application, authentication, RefusalReasons.NotABrowserSession);
            await KnownAnswers.Denied.WriteAsync(context);
            return;
        }

        EdgeMetrics.Allowed(Names.Of(CredentialKind.BrowserSession));
        figures.Allowed(door.Application.Id);
        await ConfigAsync(context, host, target, new EdgeUser(user));
    }

    private Task ConfigAsync(HttpContext context, HostRoutes host, RequestTarget target, EdgeUser? user)
        => services.HandleAsync(context, host, null, ServicePaths.Config, target.PathAndQuery, ServicePaths.AdminLimitOf(target.Path), user);

    // Health of Config is on the same private port as its pages; nobody asks for it from outside.
    private static bool IsHealth(RequestTarget target)
        => !DecodedPath.TryDecode(target.Path, System.Text.Encoding.UTF8, out var path)
            || path.TrimEnd('/').ToLowerInvariant() is "/health" or "/alive";
}
