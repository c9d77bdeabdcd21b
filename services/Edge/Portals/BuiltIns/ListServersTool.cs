using System.Text.Json;
using ManagedOAuth.Edge.Portals.Methods;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Switches;
using ManagedOAuth.Edge.Portals.Upstreams;

namespace ManagedOAuth.Edge.Portals.BuiltIns;

/// <summary>Lists the servers that the user sees, which of them are switched on here, and how each is.</summary>
internal sealed class ListServersTool(ServerStates states) : BuiltInTool
{
    public override string Name => "portal_list_servers";

    protected override string Description => "Lists the MCP servers behind this portal that you may use, with whether each is switched on in this session and how it is: ready, "
        + "needs_login (open its url in a browser), waiting (nothing of it is listed yet), stale or error (with the cause). Call it when tools are missing or a server fails.";

    protected override string InputSchema => """{"type":"object","properties":{}}""";

    public override async ValueTask<RpcAnswer> CallAsync(PortalRequest request, JsonElement arguments)
    {
        var all = await states.AllAsync(request);
        var servers = RpcWriter.Write(json =>
        {
            json.WriteStartArray();
            foreach (var (server, state, cause) in all)
            {
                json.WriteStartObject();
                json.WriteString("server_id", server.ServerId);
                json.WriteString("name", server.Record.Name);
                json.WriteString("description", server.Record.Description);
                json.WriteBoolean("enabled", request.IsActive(server));
                json.WriteNumber("tools", server.Tools.Count(tool => request.Directory.MayUse(request.Visitor, tool)));
                json.WriteString("state", state);
                if (cause is not null)
                {
                    json.WriteString("cause", cause);
                }

                if (state == ServerState.NeedsLogin)
                {
                    json.WriteString("url", LoginRequired.PageOf(request, server));
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        return PortalResults.Text(request, System.Text.Encoding.UTF8.GetString(servers.Span));
    }
}

/// <summary>Tells where the user switches the servers of this session, and connects their accounts.</summary>
internal sealed class ToggleServersTool : BuiltInTool
{
    public override string Name => "portal_toggle_servers";

    protected override string Description => "Returns the address of the page where the user switches the servers of this session on and off. Show it to the user.";

    protected override string InputSchema => """{"type":"object","properties":{}}""";

    public override ValueTask<RpcAnswer> CallAsync(PortalRequest request, JsonElement arguments)
        => new(PortalResults.Text(request, request.SessionId is { } id
            ? $"Open {SwitchesPage.UrlOf(request.Door.PublicOrigin, id)} in a browser to switch servers on or off for this session. portal_toggle_single_server switches one from here."
            : $"This protocol revision has no sessions, so there are no switches for one: leave tools out in the client instead. Accounts at servers are connected at {LoginRequired.PageOf(request)}."));
}
