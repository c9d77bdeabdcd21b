using System.Text;
using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Who began which task, at servers where users do not log in themselves: such a server takes all of them for one, and would give anybody's task to whoever
/// names it. What is not known here (any more) is nobody's.
/// </summary>
internal sealed class TaskOwners(IHotStore store)
{
    private static readonly TimeSpan s_life = TimeSpan.FromHours(24);

    /// <summary>Whether the owner of a task could be remembered, where a request is to begin one: false while Redis is away.</summary>
    public async Task<bool> CanKeepAsync(PortalRequest request, PortalServer server)
        => !IsAskedFor(request, server) || await TryAsync(() => store.GetAsync(KeyOf(request, server, ""), request.Cancellation));

    /// <summary>Remembers whose the task is that a server has made for a request, if it has. False: Redis is away, and nobody can ask for the task.</summary>
    public async Task<bool> KeepAsync(PortalRequest request, PortalServer server, RpcMessage response)
    {
        // An id that is taken stays whose it was.
        return !IsAskedFor(request, server) || RpcMessage.Member(RpcMessage.Member(response.Result, "task"), "taskId").GetStringOrNull() is not { } id
            || await TryAsync(() => store.SetIfAbsentAsync(KeyOf(request, server, id), OwnerOf(request), s_life, request.Cancellation));
    }

    /// <summary>Whether the one who asks began the task.</summary>
    /// <param name="request">The question.</param>
    /// <param name="server">The server that made it.</param>
    /// <param name="id">As the server calls it.</param>
    /// <exception cref="HotStoreUnavailableException">Redis is away.</exception>
    public async Task<bool> AreOfAsync(PortalRequest request, PortalServer server, string id)
    {
        if (server.PerUser)
        {
            return true;
        }

        var (key, owner) = (KeyOf(request, server, id), OwnerOf(request));
        return await store.GetAsync(key, request.Cancellation) is { } known && known.AsSpan().SequenceEqual(owner) && await store.ReplaceIfAsync(key, owner, owner, s_life, request.Cancellation);
    }

    private static bool IsAskedFor(PortalRequest request, PortalServer server)
        => !server.PerUser && RpcMessage.Member(request.Message.Params, "task").ValueKind == JsonValueKind.Object;

    private static async Task<bool> TryAsync(Func<Task> ask)
    {
        try
        {
            await ask();
            return true;
        }
        catch (HotStoreUnavailableException)
        {
            return false;
        }
    }

    private static byte[] OwnerOf(PortalRequest request) => Encoding.UTF8.GetBytes(request.Principal.Key);

    private static string KeyOf(PortalRequest request, PortalServer server, string id)
        => $"portal:task:{request.Directory.Portal.Id:N}:{server.Record.Id:N}:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(id)))}";
}
