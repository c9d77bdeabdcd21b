using System.Text.Json;
using ManagedOAuth.Edge.Portals.Methods;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Upstreams;

namespace ManagedOAuth.Edge.Portals.BuiltIns;

/// <summary>Lists the servers that the user sees, and which of them are switched on here.</summary>
internal sealed class ListServersTool : BuiltInTool
{
    public override string Name => "portal_list_servers";

    protected override string Description => "Lists the MCP servers behind this portal that you may use, with whether each is switched on in this session.";

    protected override string InputSchema => """{"type":"object","properties":{}}""";

    public override ValueTask<RpcAnswer> CallAsync(PortalRequest request, JsonElement arguments)
    {
        var servers = RpcWriter.Write(json =>
        {
            json.WriteStartArray();
            foreach (var server in request.Servers)
            {
                json.WriteStartObject();
                json.WriteString("server_id", server.ServerId);
                json.WriteString("name", server.Record.Name);
                json.WriteString("description", server.Record.Description);
                json.WriteBoolean("enabled", request.IsActive(server));
                json.WriteNumber("tools", server.Tools.Count(tool => request.Directory.MayUse(request.Visitor, tool)));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        return new(PortalResults.Text(request, System.Text.Encoding.UTF8.GetString(servers.Span)));
    }
}

/// <summary>Tells where the user chooses servers and connects their accounts.</summary>
internal sealed class ToggleServersTool : BuiltInTool
{
    public override string Name => "portal_toggle_servers";

    protected override string Description => "Returns the address of the page where the user sees the servers of this portal and connects their accounts.";

    protected override string InputSchema => """{"type":"object","properties":{}}""";

    public override ValueTask<RpcAnswer> CallAsync(PortalRequest request, JsonElement arguments)
        => new(PortalResults.Text(request, $"Open {LoginRequired.PageOf(request)} in a browser. To switch a server off or on for this session, call portal_toggle_single_server."));
}
