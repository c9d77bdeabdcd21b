using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Challenges;
using ManagedOAuth.Edge.Cors;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Portals;
using ManagedOAuth.Edge.Portals.Endpoint;
using ManagedOAuth.Edge.RequestChecks;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Telemetry;

namespace ManagedOAuth.Edge.Pipeline;

/// <summary>
/// A request to the domain of a portal, beyond our own paths: 1 preflight, 2 the endpoint, 3 who it is: a cookie alone never opens it, and no
/// Bypass policy does, 4 the protocol.
/// </summary>
internal sealed class PortalRequests(Authenticator authenticator, Refusals refusals, PortalDirectories directories, PortalEndpoint endpoint, RequestFigures figures)
{
    private static readonly Answer s_explanation = new(
        StatusCodes.Status401Unauthorized,
        "invalid_token",
        "This address is for MCP clients",
        "Add it to your client as a remote MCP server (Streamable HTTP). The client opens a browser for the login by itself; there is nothing to see here.");

    public async Task HandleAsync(HttpContext context, Door door, RequestTarget target)
    {
        if (!target.Path.SequenceEqual(McpPortal.EndpointPath))
        {
            await KnownAnswers.NotFound.WriteAsync(context);
            return;
        }

        if (Preflight.Is(context.Request))
        {
            Preflight.Answer(context, door.Application.Cors);
            return;
        }

        if (Navigation.Is(context.Request))
        {
            context.Response.Headers.WWWAuthenticate = BearerChallenge.For(door, CredentialProblem.Missing);
            await (s_explanation with { Link = (door.PublicOrigin + "/", "How to connect a client") }).WriteAsync(context);
            return;
        }

        var authentication = await authenticator.AuthenticateAsync(context, door);
        if (authentication.Kind == CredentialKind.BrowserSession)
        {
            authentication = Authentication.Nothing;
        }

        if (authentication is not { Problem: CredentialProblem.None, Credential: { } credential })
        {
            EdgeMetrics.Refused(Names.Of(authentication.Problem));
            figures.NotAllowed(door.Application.Id, authentication.Problem);
            await refusals.AnswerAsync(context, door, target.PathAndQuery, authentication);
            return;
        }

        if (directories.Find(door.Application.Id) is not { } directory)
        {
            await KnownAnswers.NotFound.WriteAsync(context);
            return;
        }

        EdgeMetrics.Allowed(Names.Of(credential.Kind));
        figures.Allowed(door.Application.Id);
        await endpoint.HandleAsync(context, door, credential, directory);
    }
}
