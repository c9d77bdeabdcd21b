using System.Text.Json;
using System.Text.Json.Serialization;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.Edge.Portals.Sessions;

/// <summary>The sessions in Redis, under their keys. Every member throws <see cref="HotStoreUnavailableException"/> where Redis cannot be asked.</summary>
internal sealed class StoredSessions(IHotStore store)
{
    private const int Attempts = 8;

    // Each replica looks once a second whether Redis was emptied.
    private static readonly TimeSpan s_restoring = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_mark = TimeSpan.FromSeconds(1);

    /// <summary>What is there: a session; one that was ended; or nothing.</summary>
    public async Task<(PortalSession? Session, bool HasEnded)> ReadAsync(string key, CancellationToken cancellation)
        => await store.GetAsync(key, cancellation) switch
        {
            null => (null, false),
            { Length: 0 } => (null, true),
            var stored => (Read(stored), false),
        };

    /// <summary>Writes an end. A mark and not nothing: a replica that still remembers the session would take nothing for a loss, and bring it back.</summary>
    public Task EndAsync(string key, CancellationToken cancellation) => store.SetAsync(key, ReadOnlyMemory<byte>.Empty, PortalSession.Idle, cancellation);

    /// <summary>Compares and sets: of what is known to the caller and what is there the newer one stays, and an end is final.</summary>
    /// <param name="key">The session's key.</param>
    /// <param name="session">What is known to the caller.</param>
    /// <param name="change">Made to the newer of the two; may be called more than once.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What is there afterwards; null: an end.</returns>
    public async Task<PortalSession?> PutAsync(string key, PortalSession session, Func<PortalSession, PortalSession> change, CancellationToken cancellation)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var stored = await store.GetAsync(key, cancellation);
            if (stored is { Length: 0 })
            {
                return null;
            }

            var next = change(stored is not null && Read(stored) is var there && there.ChangedAt > session.ChangedAt ? there : session);
            var own = JsonSerializer.SerializeToUtf8Bytes(next, PortalSessionJson.Default.PortalSession);
            if (stored is null
                ? await store.SetIfAbsentAsync(key, own, PortalSession.Idle, cancellation)
                : await store.ReplaceIfAsync(key, stored, own, PortalSession.Idle, cancellation))
            {
                return next;
            }
        }

        throw new HotStoreUnavailableException("The session is being changed again and again at this moment.");
    }

    /// <summary>
    /// Throws where Redis has only just begun and knows no session of before. Another replica may, and is about to say so: "there is none" would end it
    /// for its client.
    /// </summary>
    public async Task RequireMemoryAsync(string key, DateTimeOffset now, CancellationToken cancellation)
    {
        var mark = await store.MarkOnceAsync(key + ":unknown", s_mark, cancellation);
        if (now - mark.RememberedSince < s_restoring)
        {
            throw new HotStoreUnavailableException("Redis has only just begun; the sessions of before come back to it in a moment.");
        }
    }

    private static PortalSession Read(byte[] stored) => JsonSerializer.Deserialize(stored, PortalSessionJson.Default.PortalSession)!;
}

[JsonSerializable(typeof(PortalSession))]
internal sealed partial class PortalSessionJson : JsonSerializerContext;
