using System.Collections.Concurrent;
using System.Globalization;

namespace ManagedOAuth.Edge.Portals.Streams;

/// <summary>
/// The logs of the streams of each session, for as long as somebody may come back to one. They live on the replica that served the stream.
/// </summary>
internal sealed class ReplayLogs(TimeProvider clock)
{
    private const int MaximumPerSession = 16;
    private const int MaximumSessions = 10_000;
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<string, SessionLogs> _sessions = new(StringComparer.Ordinal);
    private long _number;

    /// <summary>Begins the log of a stream.</summary>
    public ReplayLog Begin(string sessionId, bool hasPrimingEvent)
        => new(Interlocked.Increment(ref _number).ToString("x", CultureInfo.InvariantCulture) + Environment.ProcessId.ToString("x", CultureInfo.InvariantCulture), hasPrimingEvent)
        {
            Started = log => Keep(sessionId, log),
        };

    /// <summary>The log of a stream of this session; null when there is none, or no longer.</summary>
    public ReplayLog? Find(string sessionId, string streamId)
        => _sessions.TryGetValue(sessionId, out var logs) ? logs.Find(streamId) : null;

    public void Forget(string sessionId) => _sessions.TryRemove(sessionId, out _);

    private void Keep(string sessionId, ReplayLog log)
    {
        var now = clock.GetUtcNow();
        if (_sessions.Count >= MaximumSessions)
        {
            foreach (var (id, old) in _sessions)
            {
                if (now - old.LastUse > s_life || _sessions.Count >= MaximumSessions * 2)
                {
                    _sessions.TryRemove(id, out _);
                }
            }
        }

        _sessions.GetOrAdd(sessionId, _ => new SessionLogs()).Add(log, now, s_life);
    }

    private sealed class SessionLogs
    {
        private readonly Lock _lock = new();
        private readonly Queue<(DateTimeOffset At, ReplayLog Log)> _logs = new();

        public DateTimeOffset LastUse { get; private set; }

        public void Add(ReplayLog log, DateTimeOffset now, TimeSpan life)
        {
            lock (_lock)
            {
                LastUse = now;
                _logs.Enqueue((now, log));
                while (_logs.Count > MaximumPerSession || (_logs.Peek() is var (at, oldest) && oldest.IsComplete && now - at > life))
                {
                    _logs.Dequeue();
                }
            }
        }

        public ReplayLog? Find(string streamId)
        {
            lock (_lock)
            {
                return _logs.FirstOrDefault(entry => entry.Log.StreamId == streamId).Log;
            }
        }
    }
}
