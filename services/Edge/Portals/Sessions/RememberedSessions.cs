using System.Collections.Concurrent;

namespace ManagedOAuth.Edge.Portals.Sessions;

/// <summary>The sessions, and ends of sessions, that this replica has served lately. Those that it has not served for longest are forgotten first.</summary>
internal sealed class RememberedSessions
{
    private const int Maximum = 20_000;
    private readonly ConcurrentDictionary<string, RememberedSession> _sessions = new(StringComparer.Ordinal);

    public int Count => _sessions.Count;

    /// <summary>All of them, with their keys, as they are at this moment.</summary>
    public IEnumerable<KeyValuePair<string, RememberedSession>> All => _sessions;

    /// <summary>Null: it is not remembered.</summary>
    public RememberedSession? Find(string key) => _sessions.GetValueOrDefault(key);

    /// <summary>Remembers a session. An end is final, however late one comes who has not heard of it.</summary>
    public void Remember(string key, RememberedSession session)
    {
        if (_sessions.Count >= Maximum)
        {
            foreach (var (old, _) in _sessions.OrderBy(entry => entry.Value.ReadAt).Take(Maximum / 10).ToList())
            {
                _sessions.TryRemove(old, out _);
            }
        }

        _sessions.AddOrUpdate(key, session, (_, before) => before.Session is null ? before with { ReadAt = session.ReadAt } : session);
    }
}

/// <summary>A session as this replica knows it.</summary>
/// <param name="Session">Null: it was ended, which is final.</param>
/// <param name="ReadAt">When it was last read from Redis, or written.</param>
/// <param name="WrittenAt">When it was last written to Redis.</param>
internal sealed record RememberedSession(PortalSession? Session, DateTimeOffset ReadAt, DateTimeOffset WrittenAt);
