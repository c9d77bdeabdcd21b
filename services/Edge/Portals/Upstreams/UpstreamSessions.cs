using System.Collections.Concurrent;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.ServiceDefaults.HotStore;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// The portal's sessions with servers, each for one owner and one server, and with one account there. A session that nobody uses for
/// <see cref="PortalOptions.UpstreamIdle"/> is ended, at the server too; the next call begins another.
/// </summary>
internal sealed partial class UpstreamSessions(UpstreamHttp http, IHotStore store, IOptions<PortalOptions> options, ILogger<UpstreamSessions> logger)
{
    private const int Maximum = 50_000;
    private const int AtOnce = 16;
    private static readonly TimeSpan s_ending = TimeSpan.FromSeconds(5);
    private readonly TimeSpan _idle = options.Value.UpstreamIdle;
    private readonly ConcurrentDictionary<Key, UpstreamSession> _sessions = new();

    public int Count => _sessions.Count;

    /// <summary>The session of an owner with a server, as the account that the target is of.</summary>
    /// <param name="owner">A session of a client, or a grant: nobody else ever gets it.</param>
    /// <param name="target">The server with what it is shown now.</param>
    /// <param name="client">How the client introduced itself; used when the session begins.</param>
    /// <param name="isShared">Other replicas serve the owner too: they are told of the session.</param>
    public UpstreamSession Get(string owner, UpstreamTarget target, UpstreamClient client, bool isShared)
        => Find(owner, target.Server) is { } known && known.Identity == target.Identity
            ? known
            : Put(new Key(owner, target.Server.Record.Id), Create(owner, target, client, isShared));

    /// <summary>The session, if there is one.</summary>
    public UpstreamSession? Find(string owner, PortalServer server) => _sessions.GetValueOrDefault(new Key(owner, server.Record.Id));

    /// <summary>
    /// The session that this replica or another one has begun for an owner whom they share, and what its server is shown now; null when there is none, of
    /// which nothing is kept, or when it was with another account or another server.
    /// </summary>
    /// <param name="owner">A session of a client.</param>
    /// <param name="server">The server.</param>
    /// <param name="client">How the client introduced itself.</param>
    /// <param name="target">What the server is shown now; asked for only when some replica has begun a session.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<(UpstreamSession Session, UpstreamTarget Target)?> FindAsync(
        string owner, PortalServer server, UpstreamClient client, Func<CancellationToken, ValueTask<UpstreamTarget>> target, CancellationToken cancellation)
    {
        if (Revisions.IsStateless(server.Catalog?.ProtocolVersion ?? ""))
        {
            return null;
        }

        var kept = Find(owner, server);
        if (kept is not { IsInitialized: true } && await SharedOf(owner, server).FindAsync(cancellation) is null)
        {
            return null;
        }

        var shown = await target(cancellation);
        if (kept is null || kept.Identity != shown.Identity)
        {
            var session = Create(owner, shown, client, isShared: true);
            if (session.IsStateless || !await session.TryAdoptAsync(cancellation))
            {
                return null;
            }

            kept = Put(new Key(owner, server.Record.Id), session);
            kept.Target ??= target;
        }

        return !kept.IsStateless && await kept.TryAdoptAsync(cancellation) ? (kept, shown) : null;
    }

    /// <summary>Forgets all sessions of an owner.</summary>
    public void Drop(string owner)
    {
        foreach (var (key, session) in _sessions.Where(entry => entry.Key.Owner == owner))
        {
            TryDrop(key, session);
        }
    }

    /// <summary>
    /// Ends the sessions that nobody uses any more, and those whose server or login is not what it was: what is heard of a server is heard with a login that
    /// still is one. Tells the other replicas of those that are used.
    /// </summary>
    public Task SweepAsync(CancellationToken cancellation)
        => Parallel.ForEachAsync(_sessions, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (entry, end) =>
        {
            try
            {
                await SweepAsync(entry.Key, entry.Value, end);
            }
            catch (Exception failure) when (!end.IsCancellationRequested)
            {
                // Protects all others.
                Log.NotSwept(logger, failure);
            }
        });

    /// <summary>Gives an emptied Redis the sessions of this replica, for the others.</summary>
    public Task RestoreAsync(CancellationToken cancellation)
        => Parallel.ForEachAsync(_sessions, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (entry, end) => await entry.Value.RestoreAsync(end));

    private async Task SweepAsync(Key key, UpstreamSession session, CancellationToken cancellation)
    {
        if (session.Use.TryRetire(_idle))
        {
            if (TryDrop(key, session) && !await session.IsUsedElsewhereAsync(cancellation))
            {
                await EndAsync(session, cancellation);
            }
        }
        else if (session.IsListening && session.Use.IsInUse && await IsOverAsync(session, cancellation))
        {
            TryDrop(key, session);
        }
        else if (session.Use.IsInUse)
        {
            await session.RenewAsync(cancellation);
            if (session is { HasLostChannel: true, Revive: { } revive })
            {
                await revive(cancellation);
            }
        }
    }

    // Unless the server is shown another account by now.
    private async Task EndAsync(UpstreamSession session, CancellationToken cancellation)
    {
        if (session.SessionId is null || session.Target is not { } target)
        {
            return;
        }

        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(s_ending);
            var shown = await target(deadline.Token);
            if (shown.Identity == session.Identity)
            {
                await session.EndAsync(shown, deadline.Token);
            }
        }
        catch (Exception failure) when (failure is UpstreamException or OperationCanceledException)
        {
            // The server ends it by itself when nobody uses it.
            Log.NotEnded(logger, failure.Message);
        }
    }

    private static async Task<bool> IsOverAsync(UpstreamSession session, CancellationToken cancellation)
    {
        try
        {
            return session.Target is { } target && (await target(cancellation)).Identity != session.Identity;
        }
        catch (UpstreamException failure)
        {
            // Whether there still is a login may not be known right now: then it is asked at the next time.
            return failure.Outcome is PortalOutcomes.Denied or PortalOutcomes.NotFound;
        }
    }

    // Shorter than the silence that ends a session: what is still there then, another replica uses.
    private SharedSessionId SharedOf(string owner, PortalServer server) => new(store, owner, server.Record.Id, _idle * 0.8);

    private UpstreamSession Create(string owner, UpstreamTarget target, UpstreamClient client, bool isShared) => new(
        http,
        target.Server.Catalog?.ProtocolVersion ?? "",
        client.Kept(),
        isShared ? SharedOf(owner, target.Server) : null) { Identity = target.Identity };

    // One that somebody has put there meanwhile stays, unless it is with another server or account.
    private UpstreamSession Put(Key key, UpstreamSession session)
    {
        MakeRoom();
        while (true)
        {
            var there = _sessions.GetOrAdd(key, session);
            if (there.Identity == session.Identity)
            {
                return there;
            }

            TryDrop(key, there);
        }
    }

    private bool TryDrop(Key key, UpstreamSession session)
    {
        if (!_sessions.TryRemove(new KeyValuePair<Key, UpstreamSession>(key, session)))
        {
            return false;
        }

        session.Dispose();
        return true;
    }

    // Far more than are used at once: those that nobody has used for longest go.
    private void MakeRoom()
    {
        if (_sessions.Count >= Maximum)
        {
            foreach (var (key, session) in _sessions.OrderBy(entry => entry.Value.Use.Last).Where(entry => !entry.Value.Use.IsInUse).Take(Maximum / 10).ToList())
            {
                TryDrop(key, session);
            }
        }
    }

    private readonly record struct Key(string Owner, Guid ServerId);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "A session with an MCP server could not be ended there: {Reason}", EventName = "PortalUpstreamSessionNotEnded")]
        public static partial void NotEnded(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Error, "A session with an MCP server could not be looked after.", EventName = "PortalUpstreamSessionNotSwept")]
        public static partial void NotSwept(ILogger logger, Exception failure);
    }
}
