using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.BuiltIns;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Upstreams;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary><c>tools/list</c>: from the catalog of the snapshot; no server is asked.</summary>
internal sealed class ListTools(Pages pages, IEnumerable<BuiltInTool> builtIns) : IPortalMethod
{
    private readonly BuiltInTool[] _builtIns = [.. builtIns];

    public string Name => RequestMethods.ToolsList;

    public bool IsIn(string revision) => true;

    public ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
        => request.Servers.Any()
            ? pages.OfAsync(request, "tools", _builtIns.Where(tool => tool.IsFor(request)).Select(tool => tool.Definition).Concat(Visible(request)))
            : new(Pages.NoServers);

    private static IEnumerable<ReadOnlyMemory<byte>> Visible(PortalRequest request)
    {
        if (request.OptimizeContext == OptimizedContext.SearchAndExecute)
        {
            return [];
        }

        var isMinimal = request.OptimizeContext == OptimizedContext.Minimize;
        return request.ActiveServers
            .SelectMany(server => server.Tools.Where(tool => request.Directory.MayUse(request.Visitor, tool)))
            .Select(tool => isMinimal ? OptimizedContext.Minimal(tool) : tool.Definition);
    }
}

/// <summary><c>tools/call</c>: decided on the snapshot of now, then relayed to the one server that has the tool, or done here.</summary>
internal sealed class CallTool(UpstreamRelay relay, IEnumerable<BuiltInTool> builtIns) : IPortalMethod
{
    private readonly Dictionary<string, BuiltInTool> _builtIns = builtIns.ToDictionary(tool => tool.Name, StringComparer.Ordinal);

    public string Name => RequestMethods.ToolsCall;

    public bool IsIn(string revision) => true;

    public ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
    {
        if (request.Message.Text("name") is not { } name)
        {
            return new(RpcAnswer.Failed(RpcError.InvalidParams("\"name\" is the name of a tool."), PortalOutcomes.InvalidRequest));
        }

        if (!BuiltInTool.IsName(name))
        {
            return CallAsync(request, name, null);
        }

        request.Log.Tool = _builtIns.ContainsKey(name) ? name : "";
        return _builtIns.TryGetValue(name, out var tool) && tool.IsFor(request)
            ? tool.CallAsync(request, RpcMessage.Member(request.Message.Params, "arguments"))
            : new(Unknown);
    }

    /// <summary>Calls a tool of a server.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The tool's name at the portal.</param>
    /// <param name="arguments">Instead of the request's own; null = those.</param>
    public async ValueTask<RpcAnswer> CallAsync(PortalRequest request, string name, JsonElement? arguments)
    {
        if (request.Directory.ResolveTool(request.Visitor, name) is not var (server, tool) || !request.IsActive(server))
        {
            Note(request, name);
            return request.Servers.Any() ? Unknown : Pages.NoServers;
        }

        request.Log.ServerId = server.ServerId;
        request.Log.Tool = tool.Name;
        request.Uses?.Invoke(new PortalUse(server.ServerId, Tool: name));
        return await relay.CallAsync(request, server, id => new UpstreamRequest(RequestMethods.ToolsCall, tool.Name, id)
        {
            Params = request.Message.Params,
            Replaced = ("name", json => json.WriteStringValue(tool.Name)),
            Arguments = arguments,
            Definition = tool.Source.Definition,
        });
    }

    // The same for a tool that is not there, is switched off, is in quarantine, or is not for this user: nobody learns which.
    private static RpcAnswer Unknown { get; } = RpcAnswer.Failed(RpcError.InvalidParams("Unknown tool. Ask tools/list for the tools that are there now."), PortalOutcomes.NotFound);

    // The log may know what the client does not learn.
    private static void Note(PortalRequest request, string name)
    {
        if (PortalNames.TrySplit(name, out var serverId, out _) && request.Directory.Find(serverId) is { } server && server.FindTool(name) is { } tool)
        {
            request.Log.ServerId = serverId;
            request.Log.Tool = tool.Name;
            request.Log.Outcome = tool.State switch
            {
                PortalCapabilityState.Quarantined => PortalOutcomes.Quarantined,
                PortalCapabilityState.Available => PortalOutcomes.Denied,
                _ => PortalOutcomes.NotFound,
            };
        }
    }
}
