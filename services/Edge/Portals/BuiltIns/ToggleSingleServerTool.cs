using System.Text.Json;
using ManagedOAuth.Edge.Portals.Methods;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Streams;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.BuiltIns;

/// <summary>Switches one server on or off in the client's session.</summary>
internal sealed class ToggleSingleServerTool(PortalSessionStore sessions, Listeners listeners) : BuiltInTool
{
    public override string Name => "portal_toggle_single_server";

    protected override string Description => "Switches one MCP server on (toggle) or off (untoggle) for this session. Its tools come and go with it.";

    protected override string InputSchema =>
        """{"type":"object","properties":{"server_id":{"type":"string"},"action":{"type":"string","enum":["toggle","untoggle"]}},"required":["server_id","action"]}""";

    protected override bool IsReadOnly => false;

    public override async ValueTask<RpcAnswer> CallAsync(PortalRequest request, JsonElement arguments)
    {
        var id = RpcMessage.Member(arguments, "server_id").GetStringOrNull();
        var action = RpcMessage.Member(arguments, "action").GetStringOrNull();
        if (request.Servers.FirstOrDefault(server => server.ServerId == id) is not { } server)
        {
            return PortalResults.Text(request, "There is no such server for you. Call portal_list_servers for those that there are.", isError: true);
        }

        if (action is not ("toggle" or "untoggle"))
        {
            return PortalResults.Text(request, "\"action\" is toggle or untoggle.", isError: true);
        }

        if (request.Session is not { } session)
        {
            return PortalResults.Text(request, "This protocol revision has no sessions, so there is nothing to switch for one. Leave the tools out in your client instead.", isError: true);
        }

        if (await sessions.ChangeAsync(request.SessionId!, session, Switch, request.Cancellation) is not { } changed)
        {
            return PortalResults.Text(request, "The session has ended, so there is nothing to switch for it.", isError: true);
        }

        request.Session = changed;
        listeners.Switch(request.SessionId!, request.Session.SwitchedOff);
        foreach (var method in new[] { NotificationMethods.ToolListChangedNotification, NotificationMethods.PromptListChangedNotification, NotificationMethods.ResourceListChangedNotification })
        {
            await request.Stream.SendAsync(RpcWriter.Notification(method));
        }

        return PortalResults.Text(request, $"{server.Record.Name} is {(action == "toggle" ? "on" : "off")} in this session.");

        PortalSession Switch(PortalSession now)
        {
            var off = now.SwitchedOff.Where(other => other != id);
            return now with { SwitchedOff = action == "toggle" ? [.. off] : [.. off, server.ServerId] };
        }
    }
}
