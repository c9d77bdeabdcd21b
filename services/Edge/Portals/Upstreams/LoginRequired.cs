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

        return LedTo(request, server, isStale ? $"Your login at {name} has ended. Log in there again." : $"Log in at {name} to use it.", []);
    }

    /// <summary>The login is good, but was granted less than the request needs: another one asks for more.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="server">The server.</param>
    /// <param name="scope">What it lacks: scope tokens, for programs.</param>
    public static UpstreamException ForMore(PortalRequest request, PortalServer server, string scope)
    {
        (string, ReadOnlyMemory<byte>)[] data = [("scope", RpcWriter.Write(json => json.WriteStringValue(scope)))];
        if (server.PerUser)
        {
            return LedTo(request, server, $"{server.Record.Name} needs more than you allowed there for this. Log in there once more to allow it.", data);
        }

        var message = $"{server.Record.Name} needs more for this than its shared login was granted. An administrator has to connect the server again.";
        return new UpstreamException(PortalOutcomes.Denied, message) { Error = RpcError.Unavailable(message) with { Data = data } };
    }

    /// <summary>The login was granted less than the request needs, and another one would not be granted more.</summary>
    public static UpstreamException NoMore(PortalServer server) => new(
        PortalOutcomes.Denied, $"{server.Record.Name} refuses this: the account there may not do it, or the scopes that an administrator entered for the server do not hold it.");

    private static UpstreamException LedTo(PortalRequest request, PortalServer server, string message, (string Name, ReadOnlyMemory<byte> Json)[] data)
    {
        var url = PageOf(request, server);
        return new UpstreamException(PortalOutcomes.Denied, message)
        {
            Error = TakesUrls(request)
                ? new RpcError(RpcCodes.UrlElicitationRequired, message) { Data = [("elicitations", Elicitations(IdOf(request), url, message)), .. data] }
                : RpcError.Unavailable($"{message} Open {url} in a browser, then try again.") with { Data = [("url", RpcWriter.Write(json => json.WriteStringValue(url))), .. data] },
        };
    }

    /// <summary>The portal's page for connecting servers.</summary>
    public static string PageOf(PortalRequest request) => $"{request.Door.PublicOrigin}/authorize?elicitationId={IdOf(request)}";

    /// <summary>The same page, with one server at the top.</summary>
    public static string PageOf(PortalRequest request, PortalServer server) => $"{PageOf(request)}&server={server.ServerId}";

    // Whoever else opens the address is told that it is not for them.
    private static string IdOf(PortalRequest request) => request.Principal.UserId is { } user ? LoginInvitation.Of(request.FlowId, user) : request.FlowId;

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
