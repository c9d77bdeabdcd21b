using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Where the replicas tell each other which session a client's session has with a server, so that a client's response to a question reaches the server
/// that asked it, whichever replica it comes to. It is there for as long as some replica uses the session. A Redis that is away costs only that.
/// </summary>
/// <param name="store">Redis.</param>
/// <param name="owner">The client's session.</param>
/// <param name="serverId">The server's record.</param>
/// <param name="life">How long it is remembered after it was kept.</param>
internal sealed class SharedSessionId(IHotStore store, string owner, Guid serverId, TimeSpan life)
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(1);
    private readonly string _key = "portal:upstream:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{owner}\n{serverId:N}")));

    /// <summary>How often whoever uses the session says so.</summary>
    public TimeSpan Period { get; } = life / 10;

    /// <summary>The session that some replica has begun; null when none is known.</summary>
    public async Task<SharedSession?> FindAsync(CancellationToken cancellation)
    {
        try
        {
            return await store.GetAsync(_key, cancellation) is { } known ? SharedSession.Read(known) : null;
        }
        catch (HotStoreUnavailableException)
        {
            return null;
        }
    }

    /// <summary>Whether some replica has used a session lately; true where that cannot be known.</summary>
    public async Task<bool> IsUsedAsync(CancellationToken cancellation)
    {
        try
        {
            return await store.GetAsync(_key, cancellation) is not null;
        }
        catch (HotStoreUnavailableException)
        {
            return true;
        }
    }

    /// <summary>A session has begun: tells the others.</summary>
    public async Task KeepAsync(SharedSession session, CancellationToken cancellation)
    {
        try
        {
            await store.SetAsync(_key, session.Write(), life, cancellation);
        }
        catch (HotStoreUnavailableException)
        {
            // This replica knows it.
        }
    }

    /// <summary>The session is used, or Redis has forgotten it. One that another replica has begun since stays.</summary>
    /// <param name="session">The session.</param>
    /// <param name="silence">How long nobody has used it: it is remembered for that much less.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task RenewAsync(SharedSession session, TimeSpan silence, CancellationToken cancellation)
    {
        var rest = life - silence;
        if (rest < s_shortest)
        {
            return;
        }

        try
        {
            var own = session.Write();
            if (!await store.ReplaceIfAsync(_key, own, own, rest, cancellation))
            {
                await store.SetIfAbsentAsync(_key, own, rest, cancellation);
            }
        }
        catch (HotStoreUnavailableException)
        {
            // It is renewed at a later use, or when Redis is found to have been emptied.
        }
    }

    /// <summary>The session has ended.</summary>
    public async Task ForgetAsync(SharedSession session, CancellationToken cancellation)
    {
        try
        {
            await store.TakeIfAsync(_key, session.Write(), cancellation);
        }
        catch (HotStoreUnavailableException)
        {
            // It is found to have ended once more.
        }
    }
}

/// <summary>A session with a server, as replicas know it of each other.</summary>
/// <param name="Id">The server's id for it.</param>
/// <param name="Revision">The revision that is spoken in it.</param>
/// <param name="Identity">See <see cref="UpstreamTarget.Identity"/>.</param>
internal readonly record struct SharedSession(string Id, string Revision, string Identity)
{
    /// <summary>Null when it is none.</summary>
    public static SharedSession? Read(byte[] stored)
        => Encoding.UTF8.GetString(stored).Split(' ', 3) is [var revision, var identity, var id] ? new(id, revision, identity) : null;

    public byte[] Write() => Encoding.UTF8.GetBytes($"{Revision} {Identity} {Id}");
}
