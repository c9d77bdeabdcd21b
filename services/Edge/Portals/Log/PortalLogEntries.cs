using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Contracts.PortalLog;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Forwarding;
using ManagedOAuth.Edge.Portals.Endpoint;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Portals.Log;

/// <summary>Makes the log's entries. Nothing that a server or client sent gets in, but names that the configuration knows, a URI and the client's own name.</summary>
internal static class PortalLogEntries
{
    private const int LongestText = 256;

    public static PortalLogEntry Of(PortalRequest request, RpcAnswer answer, DateTimeOffset now, TimeSpan duration)
    {
        var server = request.Directory.Find(request.Log.ServerId);
        var entry = Begin(request.Http, request.Door, request.Credential, request.Principal, request.Directory, request.SessionId, now, duration);
        entry.ServerId = server?.ServerId ?? "";
        entry.ServerAud = server is { Applications: [var application, ..] } ? application.Aud : "";
        entry.ServerUrl = server is null ? "" : UrlOf(server.Record.Hostname);
        entry.Method = request.Message.Method;
        entry.Tool = request.Log.Tool;
        entry.Prompt = request.Log.Prompt;
        entry.ResourceUri = Short(request.Log.ResourceUri, 1024);
        entry.FlowId = request.FlowId;
        entry.ClientName = Short(RpcMessage.Member(request.ClientInfo, "name").GetStringOrNull() ?? "", LongestText);
        entry.Outcome = request.Log.Outcome ?? answer.Outcome;
        entry.Success = entry.Outcome == PortalOutcomes.Ok;
        entry.Error = Short(answer.Error?.Message ?? (answer.RelayedError.Length > 0 ? ErrorOf(answer.RelayedCode) : ""), LongestText);
        entry.ServerDurationMs = request.Log.ServerDuration is { } took ? (long)took.TotalMilliseconds : -1;
        return entry;
    }

    /// <summary>Of what was refused before it became a request.</summary>
    public static PortalLogEntry OfRefusal(PortalVisit visit, string method, string outcome, string error, DateTimeOffset now, TimeSpan duration)
    {
        var entry = Begin(visit.Http, visit.Door, visit.Credential, visit.Principal, visit.Directory, visit.SessionId, now, duration);
        entry.Method = method;
        entry.FlowId = visit.FlowId;
        entry.ClientName = Short(RpcMessage.Member(visit.Session?.ClientInfo ?? default, "name").GetStringOrNull() ?? "", LongestText);
        entry.Outcome = outcome;
        entry.Error = Short(error, LongestText);
        entry.ServerDurationMs = -1;
        return entry;
    }

    private static PortalLogEntry Begin(
        HttpContext http, Door door, VerifiedCredential credential, PortalPrincipal principal, PortalDirectory directory, string? sessionId, DateTimeOffset now, TimeSpan duration) => new()
    {
        Id = Guid.CreateVersion7(now).ToString("D"),
        At = (now - duration).ToTimestamp(),
        PortalId = directory.Portal.PortalId,
        PortalAud = door.Application.Audience,
        SessionId = sessionId is { } session ? PortalSessionStore.Fingerprint(session) : "",
        UserId = principal.UserId?.ToString("D") ?? "",
        UserEmail = principal.UserId is null ? "" : credential.Email ?? "",
        ServiceTokenId = principal.ServiceTokenId?.ToString("D") ?? "",
        GrantId = credential.GrantId == Guid.Empty ? "" : credential.GrantId.ToString("D"),
        ClientIp = OriginTransform.AddressText(http.Connection.RemoteIpAddress) ?? "",
        DurationMs = (long)duration.TotalMilliseconds,
    };

    // What the server says of its error is its users' business; the code alone tells what kind it is.
    private static string ErrorOf(int? code) => code is { } known ? string.Create(CultureInfo.InvariantCulture, $"The server answered with error {known}.") : "The server answered with an error.";

    private static string UrlOf(string hostname) => Uri.TryCreate(hostname, UriKind.Absolute, out var url) ? url.GetLeftPart(UriPartial.Path) : "";

    private static string Short(string text, int longest) => text.Length <= longest ? text : text[..longest];
}
