using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// What a client hears when its user has to log in at a server first: the page of the portal where that is done, in the form that the revision has
/// for it. Who cannot open pages gets the address in words.
/// </summary>
internal static class LoginRequired
{
    /// <summary>The failure for one server.</summary>
    public static UpstreamException For(PortalRequest request, PortalServer server, bool isStale)
    {
        var name = server.Record.Name;
        if (!server.PerUser)
        {
            return new UpstreamException(PortalOutcomes.Unavailable, server.Record.AuthType == McpAuthType.Bearer
                ? $"{name} no longer accepts the portal's credential. An administrator has to enter another one."
                : isStale
                ? $"The shared login at {name} has ended. An administrator has to connect the server again."
                : $"An administrator has to connect {name} first.");
        }

        var elicitation = request.FlowId;
        var url = PageOf(request, server);
        var message = isStale ? $"Your login at {name} has ended. Log in there again." : $"Log in at {name} to use it.";
        return new UpstreamException(PortalOutcomes.Denied, message)
        {
            Error = TakesUrls(request)
                ? new RpcError(RpcCodes.UrlElicitationRequired, message) { Data = [("elicitations", Elicitations(elicitation, url, message))] }
                : RpcError.Unavailable($"{message} Open {url} in a browser, then try again.") with { Data = [("url", RpcWriter.Write(json => json.WriteStringValue(url)))] },
        };
    }

    /// <summary>The portal's page for connecting servers.</summary>
    public static string PageOf(PortalRequest request) => $"{request.Door.PublicOrigin}/authorize?elicitationId={request.FlowId}";

    /// <summary>The same page, with one server at the top.</summary>
    public static string PageOf(PortalRequest request, PortalServer server) => $"{PageOf(request)}&server={server.ServerId}";

    private static bool TakesUrls(PortalRequest request)
        => RpcMessage.Member(RpcMessage.Member(request.ClientCapabilities, "elicitation"), "url").ValueKind == JsonValueKind.Object;

    private static ReadOnlyMemory<byte> Elicitations(string id, string url, string message) => RpcWriter.Write(json =>
    {
        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteString("mode", "url");
        json.WriteString("elicitationId", id);
        json.WriteString("url", url);
        json.WriteString("message", message);
        json.WriteEndObject();
        json.WriteEndArray();
    });
}
