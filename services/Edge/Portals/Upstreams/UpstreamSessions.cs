using System.Collections.Concurrent;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// The portal's sessions with servers, each for one owner and one server. A session that nobody used for ten minutes is forgotten; the next call
/// begins another.
/// </summary>
internal sealed class UpstreamSessions(UpstreamHttp http, IHotStore store)
{
    private const int Maximum = 50_000;
    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<Key, UpstreamSession> _sessions = new();
    private long _sweptAt = Environment.TickCount64;

    public int Count => _sessions.Count;

    /// <summary>The session of an owner with a server.</summary>
    /// <param name="owner">A session of a client, or a grant: nobody else ever gets it.</param>
    /// <param name="server">The server.</param>
    /// <param name="client">How the client introduced itself; used when the session begins.</param>
    /// <param name="isShared">Other replicas serve the owner too: they are told of the session.</param>
    public UpstreamSession Get(string owner, PortalServer server, UpstreamClient client, bool isShared)
    {
        Sweep();
        var key = KeyOf(owner, server);
        if (_sessions.TryGetValue(key, out var session))
        {
            return session;
        }

        return _sessions.GetOrAdd(key, Create(owner, server, client, isShared));
    }

    /// <summary>The session, if there is one.</summary>
    public UpstreamSession? Find(string owner, PortalServer server) => _sessions.GetValueOrDefault(KeyOf(owner, server));

    /// <summary>The session that this replica or another one has begun for an owner whom they share; null when there is none, of which nothing is kept.</summary>
    public async Task<UpstreamSession?> FindAsync(string owner, PortalServer server, UpstreamClient client, CancellationToken cancellation)
    {
        Sweep();
        var kept = Find(owner, server);
        if (kept is null)
        {
            var session = Create(owner, server, client, isShared: true);
            if (session.IsStateless || !await session.TryAdoptAsync(cancellation))
            {
                return null;
            }

            kept = _sessions.GetOrAdd(KeyOf(owner, server), session);
        }

        return !kept.IsStateless && await kept.TryAdoptAsync(cancellation) ? kept : null;
    }

    /// <summary>All sessions of an owner, which are forgotten.</summary>
    public IReadOnlyList<(Guid ServerId, UpstreamSession Session)> Take(string owner)
    {
        var taken = new List<(Guid, UpstreamSession)>();
        foreach (var (key, _) in _sessions.Where(entry => entry.Key.Owner == owner))
        {
            if (_sessions.TryRemove(key, out var session))
            {
                session.Dispose();
                taken.Add((key.ServerId, session));
            }
        }

        return taken;
    }

    private UpstreamSession Create(string owner, PortalServer server, UpstreamClient client, bool isShared) => new(
        http,
        server.Catalog?.ProtocolVersion ?? "",
        client.Kept(),
        isShared ? new SharedSessionId(store, owner, server.Record.Id, server.Record.Version) : null);

    private void Sweep()
    {
        var now = Environment.TickCount64;
        var swept = Volatile.Read(ref _sweptAt);
        if (now - swept < 30_000 && _sessions.Count < Maximum || Interlocked.CompareExchange(ref _sweptAt, now, swept) != swept)
        {
            return;
        }

        foreach (var (key, session) in _sessions)
        {
            if ((now - session.LastUse > s_idle.TotalMilliseconds || _sessions.Count >= Maximum)
                && _sessions.TryRemove(new KeyValuePair<Key, UpstreamSession>(key, session)))
            {
                session.Dispose();
            }
        }
    }

    // A server whose record has changed may be another one, and one that was found elsewhere is: its sessions begin anew.
    private static Key KeyOf(string owner, PortalServer server) => new(owner, server.Record.Id, server.Record.Version, server.Catalog?.ProtocolVersion ?? "", server.Endpoint);

    private readonly record struct Key(string Owner, Guid ServerId, long Version, string Revision, McpEndpoint? Endpoint);
}
