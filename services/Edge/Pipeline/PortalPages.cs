using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Challenges;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Portals.Switches;
using ManagedOAuth.Edge.RefusedRequests;
using ManagedOAuth.Edge.RequestChecks;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.ServiceRouting;
using ManagedOAuth.Edge.Telemetry;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Edge.Pipeline;

/// <summary>
/// The pages of a portal for people: its home, what there is to connect, the way back from a server's login, and the switches of a session. They are
/// opened by the browser session of the portal's application; authorization-server, which serves most of them, is told the verified user.
/// </summary>
internal sealed class PortalPages(ServiceProxy services, SwitchesPage switches, Authenticator authenticator, Refusals refusals, RefusalNotes notes)
{
    private static readonly ServicePath[] s_paths =
    [
        new(ServicePaths.AuthorizationServer, "/authorize", WithBelow: false, OnlyManaged: false, ServicePaths.FormLimit),
        new(ServicePaths.AuthorizationServer, "/servers-callback", WithBelow: true, OnlyManaged: false, ServicePaths.NoBody),
        new(null, SwitchesPage.Path, WithBelow: false, OnlyManaged: false, ServicePaths.FormLimit),
        new(ServicePaths.AuthorizationServer, "/", WithBelow: false, OnlyManaged: false, ServicePaths.FormLimit),
    ];

    /// <summary>The page at this path of a portal; null when it is none of these.</summary>
    public static ServicePath? Find(ReadOnlySpan<char> path) => ServicePaths.Find(s_paths, path);

    // Also where a Bypass policy would let everybody in: what is connected here is one person's own.
    public async Task HandleAsync(HttpContext context, HostRoutes host, Door door, ServicePath page, RequestTarget target)
    {
        var authentication = await authenticator.AuthenticateAsync(context, door);
        if (authentication.Problem != CredentialProblem.None)
        {
            EdgeMetrics.Refused(Names.Of(authentication.Problem));
            await refusals.AnswerAsync(context, door, target.PathAndQuery, authentication);
            return;
        }

        // Clients have the endpoint; a page acts for the person in front of it.
        if (authentication is not { Kind: CredentialKind.BrowserSession, Credential: { Identity: { } user } credential })
        {
            notes.Add(context, door.Application, authentication, RefusalReasons.NotABrowserSession);
            await KnownAnswers.Denied.WriteAsync(context);
            return;
        }

        EdgeMetrics.Allowed(Names.Of(CredentialKind.BrowserSession));
        await (page.Service is null
            ? switches.HandleAsync(context, door, credential)
            : services.HandleAsync(context, host, door.Application.Id, page.Service, target.PathAndQuery, page.BodyLimit, new EdgeUser(user)));
    }
}
