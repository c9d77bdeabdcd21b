using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary>Methods of tasks (2025-11-25), for which the SDK has no names.</summary>
internal static class TaskMethods
{
    public const string Get = "tasks/get";
    public const string Result = "tasks/result";
    public const string Cancel = "tasks/cancel";
    public const string List = "tasks/list";
    public const string Status = "notifications/tasks/status";
}

/// <summary>
/// A request about one task: relayed to the server that made it. A task was begun by a call that was allowed; from then on it is there for whoever began it, as
/// long as its server is.
/// </summary>
internal sealed class OfTask(UpstreamRelay relay, TaskOwners owners, string name) : IPortalMethod
{
    private static readonly RpcAnswer s_unknown
        = RpcAnswer.Failed(RpcError.InvalidParams("There is no task with this id. Ask tasks/list for the tasks that are there now."), PortalOutcomes.NotFound);

    public string Name => name;

    public bool IsIn(string revision) => Revisions.HasSessions(revision);

    public async ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
    {
        if (TaskIds.Find(request, request.Message.Text("taskId")) is not var (server, id))
        {
            return s_unknown;
        }

        try
        {
            if (!await owners.AreOfAsync(request, server, id))
            {
                return s_unknown;
            }
        }
        catch (HotStoreUnavailableException)
        {
            return RpcAnswer.Failed(RpcError.Unavailable("Whose task this is cannot be found out right now. Try again in a moment."), PortalOutcomes.Unavailable);
        }

        request.Log.ServerId = server.ServerId;
        request.Uses?.Invoke(new PortalUse(server.ServerId));
        return await relay.CallAsync(request, server, written => new UpstreamRequest(name, null, written)
        {
            Params = request.Message.Params,
            Replaced = ("taskId", json => json.WriteStringValue(id)),
        });
    }
}

/// <summary>
/// <c>tasks/list</c>: the tasks of all servers that the session has spoken with, on one page, the first 1,000 that each of them names. One that cannot tell, or does
/// not answer, has none. Of a server that takes all users for one only those that this one began, and none while Redis is away.
/// </summary>
internal sealed class ListTasks(UpstreamRelay relay, TaskOwners owners, UpstreamSessions upstreams, UpstreamTargets targets) : IPortalMethod
{
    private const int MaximumPages = 10;

    // Of one server: each is asked about in Redis, where the server takes all users for one.
    private const int MaximumTasks = 1_000;
    private const int AtOnce = 100;

    public string Name => TaskMethods.List;

    public bool IsIn(string revision) => Revisions.HasSessions(revision);

    public async ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
    {
        var tasks = await Task.WhenAll(request.ActiveServers.Where(TaskIds.AreMadeBy).Select(server => OfServerAsync(request, server)));
        return PortalResults.Of(request, isCacheable: false, json =>
        {
            json.WriteStartArray("tasks");
            foreach (var task in tasks.SelectMany(static task => task))
            {
                json.Raw(task);
            }

            json.WriteEndArray();
        });
    }

    private async Task<List<JsonElement>> OfServerAsync(PortalRequest request, PortalServer server)
    {
        var tasks = new List<JsonElement>();
        if (!await HasSessionAsync(request, server))
        {
            return tasks;
        }

        string? cursor = null;
        var named = 0;
        for (var page = 0; page < MaximumPages && named < MaximumTasks && (page == 0 || cursor is not null); page++)
        {
            var answer = await relay.CallAsync(request, server, id => Page(request, id, page, cursor));
            if (answer.Result.IsEmpty)
            {
                break;
            }

            var result = JsonDocument.Parse(answer.Result).RootElement;
            if (RpcMessage.Member(result, "tasks") is { ValueKind: JsonValueKind.Array } some)
            {
                var looked = some.EnumerateArray().Take(MaximumTasks - named).ToList();
                named += looked.Count;
                if (!await TryAddOwnAsync(request, server, looked, tasks))
                {
                    break;
                }
            }

            cursor = RpcMessage.Member(result, "nextCursor").GetStringOrNull();
        }

        return tasks;
    }

    // False: whose they are cannot be found out.
    private async Task<bool> TryAddOwnAsync(PortalRequest request, PortalServer server, List<JsonElement> some, List<JsonElement> own)
    {
        try
        {
            foreach (var batch in some.Chunk(AtOnce))
            {
                var isOwn = await Task.WhenAll(batch.Select(async task
                    => PortalNames.TrySplit(RpcMessage.Member(task, "taskId").GetStringOrNull() ?? "", out _, out var id) && await owners.AreOfAsync(request, server, id)));
                own.AddRange(batch.Where((_, number) => isOwn[number]));
            }

            return true;
        }
        catch (HotStoreUnavailableException)
        {
            return false;
        }
    }

    private async Task<bool> HasSessionAsync(PortalRequest request, PortalServer server)
    {
        try
        {
            return await upstreams.FindAsync(request.UpstreamOwner, server, request.Client, targets.Later(request, server), request.Cancellation) is not null;
        }
        catch (UpstreamException)
        {
            // No login there any more: a server that cannot be asked keeps nobody from hearing of the others.
            return false;
        }
    }

    // An id may be used once in a session: the client's own is for the first page.
    private static UpstreamRequest Page(PortalRequest request, Action<Utf8JsonWriter> id, int page, string? cursor)
        => new(TaskMethods.List, null, page == 0 ? id : json => json.WriteStringValue($"{request.Message.IdText}/{page}"))
        {
            Made = json =>
            {
                json.WriteStartObject();
                if (cursor is not null)
                {
                    json.WriteString("cursor", cursor);
                }

                json.WriteEndObject();
            },
        };
}
