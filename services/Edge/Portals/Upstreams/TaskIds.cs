using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Methods;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Ids of tasks that servers made (2025-11-25, Tasks). Two servers may choose the same one, so the client gets it with the server's id before it, as it gets
/// the names of tools; it finds the way back on any replica, because nothing about it has to be remembered. Ids of tasks that a client made are its own.
/// </summary>
internal static class TaskIds
{
    private const string Related = "io.modelcontextprotocol/related-task";
    private const string Each = "*";
    private static readonly string[] s_related = ["_meta", Related, "taskId"];

    /// <summary>Whether one of a server's tools can run as a task. What the server says of itself is not all kept in its catalog; its tools are.</summary>
    public static bool AreMadeBy(PortalServer server)
        => !Revisions.IsStateless(server.Catalog?.ProtocolVersion ?? "")
            && server.Tools.Any(static tool => RpcMessage.Member(RpcMessage.Member(tool.Source.Definition, "execution"), "taskSupport").GetStringOrNull() is "optional" or "required");

    /// <summary>The server that made the task of an id, if it is there for the one who asks, and its own id.</summary>
    public static (PortalServer Server, string Id)? Find(PortalRequest request, string? id)
        => id is not null && PortalNames.TrySplit(id, out var serverId, out var own)
            && request.Directory.Find(serverId) is { } server && request.Directory.Sees(request.Visitor, server) && request.IsActive(server)
                ? (server, own)
                : null;

    /// <summary>What a server says of its own accord, with the ids that the client knows.</summary>
    public static RpcMessage ForClient(PortalServer server, RpcMessage message)
    {
        var isStatus = message.Method == TaskMethods.Status;
        return isStatus || IsRelated(message.Params) ? Changed(message, isStatus ? [["params", "taskId"], ["params", .. s_related]] : [["params", .. s_related]], Join(server)) : message;
    }

    /// <summary>A server's response, with the ids that the client knows.</summary>
    /// <param name="server">The server.</param>
    /// <param name="request">What the client asked for.</param>
    /// <param name="response">The response.</param>
    public static RpcMessage ForClient(PortalServer server, RpcMessage request, RpcMessage response)
    {
        string[][] paths = request.Method switch
        {
            TaskMethods.Get or TaskMethods.Cancel => [["result", "taskId"]],
            TaskMethods.List => [["result", "tasks", Each, "taskId"]],
            _ when RpcMessage.Member(request.Params, "task").ValueKind == JsonValueKind.Object => [["result", "task", "taskId"]],
            _ => [],
        };
        return paths.Length > 0 || IsRelated(response.Result) ? Changed(response, [.. paths, ["result", .. s_related]], Join(server)) : response;
    }

    /// <summary>A client's response to a question of a server, with the ids that the server knows.</summary>
    public static RpcMessage ForServer(PortalServer server, RpcMessage response)
        => IsRelated(response.Result)
            ? Changed(response, [["result", .. s_related]], id => PortalNames.TrySplit(id, out var serverId, out var own) && serverId == server.ServerId ? own : id)
            : response;

    private static Func<string, string> Join(PortalServer server) => id => PortalNames.Join(server.ServerId, id);

    private static bool IsRelated(JsonElement container)
        => RpcMessage.Member(RpcMessage.Member(container, "_meta"), Related).ValueKind == JsonValueKind.Object;

    private static RpcMessage Changed(RpcMessage message, string[][] paths, Func<string, string> change)
        => RpcMessage.TryRead(RpcWriter.Write(json => Write(json, message.Root, paths, change)), isStrict: false, out var changed) is null ? changed! : message;

    private static void Write(Utf8JsonWriter json, JsonElement value, string[][] paths, Func<string, string> change)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String when paths.Any(static path => path.Length == 0) && value.GetStringOrNull() is { } text:
                json.WriteStringValue(change(text));
                break;
            case JsonValueKind.Object when paths.Length > 0:
                json.With(value, [.. paths.Where(static path => path.Length > 0).Select(static path => path[0]).Distinct(StringComparer.Ordinal)
                    .Select(name => (name, (Action<JsonElement>)(member => Write(json, member, Under(paths, name), change))))]);
                break;
            case JsonValueKind.Array when paths.Length > 0:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(json, item, Under(paths, Each), change);
                }

                json.WriteEndArray();
                break;
            default:
                json.Raw(value);
                break;
        }
    }

    private static string[][] Under(string[][] paths, string name) => [.. paths.Where(path => path.Length > 0 && path[0] == name).Select(static path => path[1..])];
}
