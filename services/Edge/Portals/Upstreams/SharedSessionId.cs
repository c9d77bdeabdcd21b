using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Where the replicas tell each other which session a client's session has with a server, so that a client's response to a question reaches the server
/// that asked it, whichever replica it comes to. A Redis that is away costs only that.
/// </summary>
/// <param name="store">Redis.</param>
/// <param name="owner">The client's session.</param>
/// <param name="serverId">The server's record.</param>
/// <param name="version">Its version: a server that was changed may be another one, which must not get the sessions of the one before.</param>
internal sealed class SharedSessionId(IHotStore store, string owner, Guid serverId, long version)
{
    private static readonly TimeSpan s_life = TimeSpan.FromHours(1);
    private readonly string _key = "portal:upstream:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{owner}\n{serverId:N}\n{version}")));

    /// <summary>The session that some replica has begun; null when none is known.</summary>
    public async Task<(string Id, string Revision)?> FindAsync(CancellationToken cancellation)
    {
        try
        {
            return await store.GetAsync(_key, cancellation) is { Length: > 0 } known && Encoding.UTF8.GetString(known).Split(' ', 2) is [var revision, var id]
                ? (id, revision)
                : null;
        }
        catch (HotStoreUnavailableException)
        {
            return null;
        }
    }

    /// <summary>Tells the others.</summary>
    public async Task KeepAsync(string id, string revision, CancellationToken cancellation)
    {
        try
        {
            await store.SetAsync(_key, Encoding.UTF8.GetBytes($"{revision} {id}"), s_life, cancellation);
        }
        catch (HotStoreUnavailableException)
        {
            // This replica knows it.
        }
    }

    /// <summary>The server has ended it.</summary>
    public async Task ForgetAsync(string id, string revision, CancellationToken cancellation)
    {
        try
        {
            await store.TakeIfAsync(_key, Encoding.UTF8.GetBytes($"{revision} {id}"), cancellation);
        }
        catch (HotStoreUnavailableException)
        {
            // It is found to have ended once more.
        }
    }
}
