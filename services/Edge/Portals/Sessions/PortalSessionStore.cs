using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.ServiceDefaults.HotStore;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Portals.Sessions;

/// <summary>
/// The sessions, in Redis, so that every replica serves every session. What this replica has served lately it also remembers itself: a Redis that
/// was restarted gets it back at the next use, and one that is away does not end it.
/// </summary>
internal sealed partial class PortalSessionStore(IHotStore store, IOptions<PortalOptions> options, TimeProvider clock, ILogger<PortalSessionStore> logger)
{
    private const int RestoredAtOnce = 64;
    private const string Prefix = "portal:session:";
    private static readonly TimeSpan s_writeAgain = TimeSpan.FromMinutes(10);

    // Another replica may have changed it (a switched server): what is remembered here is asked again after a second.
    private static readonly TimeSpan s_freshness = TimeSpan.FromSeconds(1);
    private readonly RememberedSessions _remembered = new();
    private readonly StoredSessions _stored = new(store);

    /// <summary>Sessions, and ends of sessions, that this replica remembers.</summary>
    public int Count => _remembered.Count;

    /// <summary>Makes a session and its id: 256 random bits that only the client gets.</summary>
    public async Task<(string Id, PortalSession Session)> CreateAsync(PortalSession session, CancellationToken cancellation)
    {
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        session = session with { ChangedAt = clock.GetUtcNow() };
        await WriteAsync(KeyOf(id), session, static begun => begun, cancellation);
        await EndSurplusAsync(session.Principal, cancellation);
        return (id, session);
    }

    // A client that never ends its sessions has forgotten the oldest of them; one that has not begins another.
    private async Task EndSurplusAsync(string principal, CancellationToken cancellation)
    {
        var live = _remembered.All.Where(entry => entry.Value.Session?.Principal == principal).ToList();
        foreach (var (key, _) in live.OrderBy(entry => entry.Value.ReadAt).Take(live.Count - options.Value.SessionsPerUser))
        {
            await EndByKeyAsync(key, cancellation);
        }
    }

    /// <summary>The session of this id, if it belongs to this principal at this portal. Null: there is none for them.</summary>
    /// <exception cref="HotStoreUnavailableException">It is not known here, and Redis cannot be asked.</exception>
    public ValueTask<PortalSession?> FindAsync(string id, Guid applicationId, PortalPrincipal principal, CancellationToken cancellation)
        => FindByReferenceAsync(ReferenceOf(id), applicationId, principal, cancellation);

    /// <summary>The same for a session that is named by its reference.</summary>
    /// <exception cref="HotStoreUnavailableException">It is not known here, and Redis cannot be asked.</exception>
    public async ValueTask<PortalSession?> FindByReferenceAsync(string reference, Guid applicationId, PortalPrincipal principal, CancellationToken cancellation)
    {
        var key = Prefix + reference;
        var now = clock.GetUtcNow();
        var known = _remembered.Find(key);
        var session = known is not null && now - known.ReadAt < s_freshness ? known.Session : await ReadAsync(key, known, cancellation);

        if (session is null || session.ApplicationId != applicationId || session.Principal != principal.Key)
        {
            return null;
        }

        return _remembered.Find(key) is { } read && now - read.WrittenAt > s_writeAgain
            ? await WriteAsync(key, session, static newest => newest, cancellation)
            : session;
    }

    /// <summary>Changes a session as it is now, whoever changed it meanwhile. Null: it was ended meanwhile.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="session">The session as it was found.</param>
    /// <param name="change">Makes the change; may be called more than once.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<PortalSession?> ChangeAsync(string id, PortalSession session, Func<PortalSession, PortalSession> change, CancellationToken cancellation)
        => ChangeByReferenceAsync(ReferenceOf(id), session, change, cancellation);

    /// <summary>The same for a session that was found by its reference.</summary>
    public Task<PortalSession?> ChangeByReferenceAsync(string reference, PortalSession session, Func<PortalSession, PortalSession> change, CancellationToken cancellation)
        => WriteAsync(
            Prefix + reference,
            session,
            newest =>
            {
                var (now, later) = (clock.GetUtcNow(), newest.ChangedAt.AddTicks(1));
                return change(newest) with { ChangedAt = now > later ? now : later };
            },
            cancellation);

    /// <summary>Ends a session.</summary>
    public Task EndAsync(string id, CancellationToken cancellation) => EndByKeyAsync(KeyOf(id), cancellation);

    private async Task EndByKeyAsync(string key, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        _remembered.Remember(key, new RememberedSession(null, now, now));
        await PutBackAsync(key, null, cancellation);
    }

    /// <summary>Ends the sessions, of those that this replica remembers, whose grant has ended: they leave Redis with what their clients said of themselves.</summary>
    public async Task EndOfGrantsAsync(Func<Guid, bool> hasEnded, CancellationToken cancellation)
    {
        foreach (var (key, _) in _remembered.All.Where(entry => entry.Value.Session is { } session && session.GrantId != Guid.Empty && hasEnded(session.GrantId)))
        {
            await EndByKeyAsync(key, cancellation);
        }
    }

    /// <summary>Gives an emptied Redis what this replica remembers, ends too, for the others. What is there already stays, unless it is older.</summary>
    /// <exception cref="HotStoreUnavailableException">Redis is away (again).</exception>
    public async Task RestoreAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        foreach (var some in _remembered.All.Where(entry => now - entry.Value.ReadAt < PortalSession.Idle).Chunk(RestoredAtOnce))
        {
            await Task.WhenAll(some.Select(entry => RestoreAsync(entry.Key, entry.Value.Session, cancellation)));
        }
    }

    private async ValueTask<PortalSession?> ReadAsync(string key, RememberedSession? known, CancellationToken cancellation)
    {
        PortalSession? session;
        bool hasEnded;
        try
        {
            (session, hasEnded) = await _stored.ReadAsync(key, cancellation);
        }
        catch (HotStoreUnavailableException) when (known is not null)
        {
            return known.Session;
        }

        var now = clock.GetUtcNow();
        if (hasEnded)
        {
            _remembered.Remember(key, new RememberedSession(null, now, now));
            return null;
        }

        // It may have been changed, or ended, here in the meantime.
        known = _remembered.Find(key) ?? known;
        if (known is not null && now - known.ReadAt < PortalSession.Idle && (known.Session is null || session is null || known.Session.ChangedAt > session.ChangedAt))
        {
            // Redis has forgotten what this replica still knows: it was restarted, or never got it, or got back an older state from another replica.
            _remembered.Remember(key, new RememberedSession(known.Session, now, now));
            await PutBackAsync(key, known.Session, cancellation);
            return known.Session;
        }

        if (session is not null)
        {
            _remembered.Remember(key, new RememberedSession(session, now, known?.WrittenAt ?? DateTimeOffset.MinValue));
            return session;
        }

        await _stored.RequireMemoryAsync(key, now, cancellation);
        return null;
    }

    /// <summary>Names a session where its id must not stand (an address in a browser): its hash, which opens nothing and leads to nobody's id.</summary>
    public static string ReferenceOf(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    /// <summary>Names a session in logs: tells two apart, opens none.</summary>
    public static string Fingerprint(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 8));

    private async Task PutBackAsync(string key, PortalSession? session, CancellationToken cancellation)
    {
        try
        {
            await RestoreAsync(key, session, cancellation);
        }
        catch (HotStoreUnavailableException failure)
        {
            // It is found missing at the next use.
            Log.Away(logger, failure.Message);
        }
    }

    private async Task RestoreAsync(string key, PortalSession? session, CancellationToken cancellation)
    {
        if (session is null)
        {
            await _stored.EndAsync(key, cancellation);
            return;
        }

        await _stored.PutAsync(key, session, static newest => newest, cancellation);
    }

    private async Task<PortalSession?> WriteAsync(string key, PortalSession session, Func<PortalSession, PortalSession> change, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        try
        {
            var written = await _stored.PutAsync(key, session, change, cancellation);
            _remembered.Remember(key, new RememberedSession(written, now, now));
            return written;
        }
        catch (HotStoreUnavailableException failure)
        {
            // The session lives on here; it is written again at a later use.
            var changed = change(session);
            _remembered.Remember(key, new RememberedSession(changed, now, now - s_writeAgain));
            Log.Away(logger, failure.Message);
            return changed;
        }
    }

    private static string KeyOf(string id) => Prefix + ReferenceOf(id);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A portal session could not be written: {Reason}", EventName = "PortalSessionNotWritten")]
        public static partial void Away(ILogger logger, string reason);
    }
}
