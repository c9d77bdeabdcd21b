using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.Edge.Portals.Sessions;

/// <summary>
/// The sessions, in Redis, so that every replica serves every session. What this replica has served lately it also remembers itself: a Redis that
/// was restarted gets it back at the next use, and one that is away does not end it.
/// </summary>
internal sealed partial class PortalSessionStore(IHotStore store, TimeProvider clock, ILogger<PortalSessionStore> logger)
{
    /// <summary>Sessions that one replica remembers.</summary>
    private const int MaximumLocal = 20_000;

    private const int RestoredAtOnce = 64;

    private static readonly TimeSpan s_writeAgain = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<string, Known> _local = new(StringComparer.Ordinal);

    /// <summary>Sessions that this replica remembers.</summary>
    public int Count => _local.Count;

    /// <summary>Makes a session and its id: 256 random bits that only the client gets.</summary>
    public async Task<(string Id, PortalSession Session)> CreateAsync(PortalSession session, CancellationToken cancellation)
    {
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        await WriteAsync(KeyOf(id), session, cancellation);
        return (id, session);
    }

    /// <summary>The session of this id, if it belongs to this principal at this portal. Null: there is none for them.</summary>
    /// <exception cref="HotStoreUnavailableException">It is not known here, and Redis cannot be asked.</exception>
    public async ValueTask<PortalSession?> FindAsync(string id, Guid applicationId, PortalPrincipal principal, CancellationToken cancellation)
    {
        var key = KeyOf(id);
        var now = clock.GetUtcNow();
        PortalSession? session;
        if (_local.TryGetValue(key, out var known) && now - known.ReadAt < s_freshness)
        {
            session = known.Session;
        }
        else
        {
            session = await ReadAsync(key, known, cancellation);
        }

        if (session is null || session.ApplicationId != applicationId || session.Principal != principal.Key)
        {
            return null;
        }

        if (_local.TryGetValue(key, out known) && now - known.WrittenAt > s_writeAgain)
        {
            await WriteAsync(key, session, cancellation);
        }

        return session;
    }

    /// <summary>Replaces a session.</summary>
    public Task ChangeAsync(string id, PortalSession session, CancellationToken cancellation) => WriteAsync(KeyOf(id), session, cancellation);

    /// <summary>Ends a session.</summary>
    public async Task EndAsync(string id, CancellationToken cancellation)
    {
        var key = KeyOf(id);
        _local.TryRemove(key, out _);
        try
        {
            // A mark and not nothing: a replica that still remembers the session would take nothing for a loss, and bring it back.
            await store.SetAsync(key, ReadOnlyMemory<byte>.Empty, PortalSession.Idle, cancellation);
        }
        catch (HotStoreUnavailableException failure)
        {
            Log.Away(logger, failure.Message);
        }
    }

    /// <summary>Gives an emptied Redis what this replica remembers, for the others. What is there already stays: it may be newer, or the mark of an end.</summary>
    /// <exception cref="HotStoreUnavailableException">Redis is away (again).</exception>
    public async Task RestoreAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        foreach (var some in _local.Where(entry => now - entry.Value.ReadAt < PortalSession.Idle).Chunk(RestoredAtOnce))
        {
            await Task.WhenAll(some.Select(entry => store.SetIfAbsentAsync(
                entry.Key, JsonSerializer.SerializeToUtf8Bytes(entry.Value.Session, PortalSessionJson.Default.PortalSession), PortalSession.Idle, cancellation)));
        }
    }

    /// <summary>Names a session in logs: tells two apart, opens none.</summary>
    public static string Fingerprint(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 8));

    // Each replica looks once a second whether Redis was emptied.
    private static readonly TimeSpan s_restoring = TimeSpan.FromSeconds(5);

    // Another replica may have changed it (a switched server): what is remembered here is asked again after a second.
    private static readonly TimeSpan s_freshness = TimeSpan.FromSeconds(1);

    private async ValueTask<PortalSession?> ReadAsync(string key, Known? known, CancellationToken cancellation)
    {
        byte[]? stored;
        try
        {
            stored = await store.GetAsync(key, cancellation);
        }
        catch (HotStoreUnavailableException) when (known is not null)
        {
            return known.Session;
        }

        var now = clock.GetUtcNow();
        if (stored is { Length: 0 })
        {
            _local.TryRemove(key, out _);
            return null;
        }

        if (stored is not null)
        {
            var session = JsonSerializer.Deserialize(stored, PortalSessionJson.Default.PortalSession);
            Remember(key, new Known(session!, now, known?.WrittenAt ?? DateTimeOffset.MinValue));
            return session;
        }

        // Redis has forgotten what this replica still knows: it was restarted, or never got it.
        if (known is not null && now - known.ReadAt < PortalSession.Idle)
        {
            await WriteAsync(key, known.Session, cancellation);
            return known.Session;
        }

        await RequireMemoryAsync(key, now, cancellation);
        return null;
    }

    // A Redis that has just begun knows no session of before. Another replica may, and is about to say so: "there is none" would end it for its client.
    private async Task RequireMemoryAsync(string key, DateTimeOffset now, CancellationToken cancellation)
    {
        var mark = await store.MarkOnceAsync(key + ":unknown", s_freshness, cancellation);
        if (now - mark.RememberedSince < s_restoring)
        {
            throw new HotStoreUnavailableException("Redis has only just begun; the sessions of before come back to it in a moment.");
        }
    }

    private async Task WriteAsync(string key, PortalSession session, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        Remember(key, new Known(session, now, now));
        try
        {
            await store.SetAsync(key, JsonSerializer.SerializeToUtf8Bytes(session, PortalSessionJson.Default.PortalSession), PortalSession.Idle, cancellation);
        }
        catch (HotStoreUnavailableException failure)
        {
            // The session lives on here; it is written again at a later use.
            Remember(key, new Known(session, now, now - s_writeAgain));
            Log.Away(logger, failure.Message);
        }
    }

    private void Remember(string key, Known known)
    {
        if (_local.Count >= MaximumLocal)
        {
            foreach (var (old, _) in _local.OrderBy(entry => entry.Value.ReadAt).Take(MaximumLocal / 10).ToList())
            {
                _local.TryRemove(old, out _);
            }
        }

        _local[key] = known;
    }

    private static string KeyOf(string id) => "portal:session:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    private sealed record Known(PortalSession Session, DateTimeOffset ReadAt, DateTimeOffset WrittenAt);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A portal session could not be written: {Reason}", EventName = "PortalSessionNotWritten")]
        public static partial void Away(ILogger logger, string reason);
    }
}

[JsonSerializable(typeof(PortalSession))]
internal sealed partial class PortalSessionJson : JsonSerializerContext;
