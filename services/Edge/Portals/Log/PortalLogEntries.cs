using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Contracts.PortalLog;
using ManagedOAuth.Edge.Forwarding;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;

namespace ManagedOAuth.Edge.Portals.Log;

/// <summary>Makes the log's entries. Nothing that a server or client sent gets in, but names that the configuration knows, a URI and the client's own name.</summary>
internal static class PortalLogEntries
{
    private const int LongestText = 256;

    public static PortalLogEntry Of(PortalRequest request, RpcAnswer answer, DateTimeOffset now, TimeSpan duration)
    {
        var server = request.Directory.Find(request.Log.ServerId);
        var outcome = request.Log.Outcome ?? answer.Outcome;
        return new PortalLogEntry
        {
            Id = Guid.CreateVersion7(now).ToString("D"),
            At = (now - duration).ToTimestamp(),
            PortalId = request.Directory.Portal.PortalId,
            PortalAud = request.Door.Application.Audience,
            ServerId = server?.ServerId ?? "",
            ServerAud = server is { Applications: [var application, ..] } ? application.Aud : "",
            ServerUrl = server is null ? "" : UrlOf(server.Record.Hostname),
            Method = request.Message.Method,
            Tool = request.Log.Tool,
            Prompt = request.Log.Prompt,
            ResourceUri = Short(request.Log.ResourceUri, 1024),
            SessionId = request.SessionId is { } session ? PortalSessionStore.Fingerprint(session) : "",
            UserId = request.Principal.UserId?.ToString("D") ?? "",
            UserEmail = request.Principal.UserId is null ? "" : request.Credential.Email ?? "",
            ServiceTokenId = request.Principal.ServiceTokenId?.ToString("D") ?? "",
            GrantId = request.Credential.GrantId == Guid.Empty ? "" : request.Credential.GrantId.ToString("D"),
            FlowId = request.FlowId,
            ClientIp = OriginTransform.AddressText(request.Http.Connection.RemoteIpAddress) ?? "",
            ClientName = Short(RpcMessage.Member(request.ClientInfo, "name").GetStringOrNull() ?? "", LongestText),
            Success = outcome == PortalOutcomes.Ok,
            Outcome = outcome,
            Error = Short(answer.Error?.Message ?? "", LongestText),
            ServerDurationMs = request.Log.ServerDuration is { } took ? (long)took.TotalMilliseconds : -1,
            DurationMs = (long)duration.TotalMilliseconds,
        };
    }

    private static string UrlOf(string hostname) => Uri.TryCreate(hostname, UriKind.Absolute, out var url) ? url.GetLeftPart(UriPartial.Path) : "";

    private static string Short(string text, int longest) => text.Length <= longest ? text : text[..longest];
}
