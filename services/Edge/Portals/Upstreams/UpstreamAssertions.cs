using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// What a server with <c>send_assertion</c> is told about the one who asks: an assertion of Token for the server's own application. The portal's own never
/// leaves: whoever holds it is that user at the portal.
/// </summary>
internal sealed class UpstreamAssertions(LinkedAssertions linked, ServiceAssertions services, RouteTableSource routes)
{
    /// <summary>Null when the server is told nothing.</summary>
    /// <exception cref="UpstreamException">The server wants one, and Token makes none.</exception>
    public async ValueTask<string?> GetAsync(UpstreamCaller caller, PortalServer server, CancellationToken cancellation)
    {
        if (!server.Record.SendAssertion || server.Applications is not [var application, ..])
        {
            return null;
        }

        var minted = caller.Principal.ServiceTokenId is null
            ? await linked.GetAsync(application.Id, caller.Credential.Assertion, caller.Client, caller.FlowId, cancellation)
            : routes.Current?.FindServiceToken(caller.Credential.Claims.CommonName ?? "") is { } token
                ? await services.GetAsync(token, application.Id, cancellation)
                : null;
        return minted?.Assertion
            ?? throw new UpstreamException(PortalOutcomes.Unavailable, "The assertion for this server cannot be had right now. Try again in a moment.");
    }
}
