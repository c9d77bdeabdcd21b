using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Upstreams;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary>What a portal can do for the one who asks: whatever one of their servers can.</summary>
internal static class Capabilities
{
    public static void Write(Utf8JsonWriter json, PortalRequest request)
    {
        var servers = request.Servers.Select(server => server.Catalog?.Capabilities ?? default).ToList();
        json.WriteStartObject();
        json.WriteStartObject("tools");
        json.WriteBoolean("listChanged", true);
        json.WriteEndObject();
        if (Any("prompts"))
        {
            json.WriteStartObject("prompts");
            json.WriteBoolean("listChanged", true);
            json.WriteEndObject();
        }

        if (Any("resources"))
        {
            json.WriteStartObject("resources");
            json.WriteBoolean("listChanged", true);
            if (!request.IsStateless && servers.Any(server => RpcMessage.Member(RpcMessage.Member(server, "resources"), "subscribe").ValueKind == JsonValueKind.True))
            {
                json.WriteBoolean("subscribe", true);
            }

            json.WriteEndObject();
        }

        if (Any("completions"))
        {
            json.WriteStartObject("completions");
            json.WriteEndObject();
        }

        if (Any("logging"))
        {
            json.WriteStartObject("logging");
            json.WriteEndObject();
        }

        if (!request.IsStateless && request.Servers.Any(TaskIds.AreMadeBy))
        {
            WriteTasks(json);
        }

        json.WriteEndObject();

        bool Any(string capability) => servers.Any(server => RpcMessage.Member(server, capability).ValueKind == JsonValueKind.Object);
    }

    private static void WriteTasks(Utf8JsonWriter json)
    {
        json.WriteStartObject("tasks");
        json.WriteStartObject("list");
        json.WriteEndObject();
        json.WriteStartObject("cancel");
        json.WriteEndObject();
        json.WriteStartObject("requests");
        json.WriteStartObject("tools");
        json.WriteStartObject("call");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The portal's description, what is not there at the moment, and what its servers say about their use.</summary>
    public static string Instructions(PortalRequest request, IReadOnlyList<ServerState> leftOut)
    {
        const int longest = 16 * 1024;
        var parts = request.Servers
            .Where(server => server.Catalog?.Instructions is { Length: > 0 })
            .Select(server => $"{server.Record.Name} (tools {server.ServerId}_...): {server.Catalog!.Instructions}")
            .Prepend(leftOut.Count == 0 ? "" : $"Not available now: {string.Join(", ", leftOut.Select(state => state.Server.Record.Name))}. Call portal_list_servers for the reasons.")
            .Prepend(request.Directory.Portal.Description)
            .Prepend(request.Http.Request.Query.ContainsKey("codemode") ? "Scripts (codemode) are not run here: call the tools." : "")
            .Where(part => part.Length > 0);
        var text = string.Join("\n\n", parts);
        return text.Length <= longest ? text : text[..longest];
    }
}

/// <summary><c>initialize</c>: begins a session (revisions with sessions). The endpoint has made the session; this answers.</summary>
internal sealed class Initialize(ServerStates states) : IPortalMethod
{
    public string Name => RequestMethods.Initialize;

    public bool IsIn(string revision) => Revisions.HasSessions(revision);

    public async ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
    {
        var leftOut = await states.LeftOutAsync(request);
        return PortalResults.Of(request, isCacheable: false, json =>
        {
            json.WriteString("protocolVersion", request.Revision);
            json.WritePropertyName("capabilities");
            Capabilities.Write(json, request);
            json.WritePropertyName("serverInfo");
            PortalResults.WriteServerInfo(json, request);
            if (Capabilities.Instructions(request, leftOut) is { Length: > 0 } instructions)
            {
                json.WriteString("instructions", instructions);
            }
        });
    }
}

/// <summary><c>server/discover</c>: what the portal is (2026-07-28).</summary>
internal sealed class Discover(ServerStates states) : IPortalMethod
{
    public string Name => RequestMethods.ServerDiscover;

    public bool IsIn(string revision) => Revisions.IsStateless(revision);

    public async ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
    {
        var leftOut = await states.LeftOutAsync(request);
        return PortalResults.Of(request, isCacheable: true, json =>
        {
            json.WriteStartArray("supportedVersions");
            foreach (var version in Revisions.WithoutSessions)
            {
                json.WriteStringValue(version);
            }

            json.WriteEndArray();
            json.WritePropertyName("capabilities");
            Capabilities.Write(json, request);
            if (Capabilities.Instructions(request, leftOut) is { Length: > 0 } instructions)
            {
                json.WriteString("instructions", instructions);
            }
        });
    }
}

/// <summary><c>ping</c>: the portal is there.</summary>
internal sealed class Ping : IPortalMethod
{
    public string Name => RequestMethods.Ping;

    public bool IsIn(string revision) => true;

    public ValueTask<RpcAnswer> HandleAsync(PortalRequest request) => new(PortalResults.Of(request, isCacheable: false, static _ => { }));
}
