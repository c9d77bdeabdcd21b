using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;

namespace ManagedOAuth.Edge.Portals.Streams;

/// <summary>
/// The logs of the streams of each session, for as long as somebody may come back to one. They live on the replica that served the stream.
/// </summary>
internal sealed class ReplayLogs(TimeProvider clock)
{
    /// <summary>Most bytes that all logs keep together; beyond it nothing more is kept.</summary>
    public const long MaximumBytes = 256L * 1024 * 1024;

    /// <summary>How long the log of a stream that is over is kept.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    /// <summary>Most logs that are kept of a session.</summary>
    public const int MaximumPerSession = 64;

    private const int MaximumSessions = 10_000;
    private readonly ReplayBudget _budget = new(MaximumBytes);
    private readonly ConcurrentDictionary<string, SessionLogs> _sessions = new(StringComparer.Ordinal);

    // Another process counts from the beginning, and may have the same number in its container.
    private readonly string _prefix = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private long _number;

    /// <summary>Bytes that are kept.</summary>
    public long Bytes => _budget.Taken;

    /// <summary>Begins the log of a stream.</summary>
    public ReplayLog Begin(string sessionId, bool hasPrimingEvent)
        => new(_prefix + Interlocked.Increment(ref _number).ToString("x", CultureInfo.InvariantCulture), hasPrimingEvent, _budget, clock)
        {
            Started = log => Keep(sessionId, log),
        };

    /// <summary>The log of a stream of this session; null when there is none, or no longer.</summary>
    public ReplayLog? Find(string sessionId, string streamId)
        => _sessions.TryGetValue(sessionId, out var logs) ? logs.Find(streamId) : null;

    public void Forget(string sessionId)
    {
        if (_sessions.TryRemove(sessionId, out var logs))
        {
            logs.Close();
        }
    }

    /// <summary>Forgets the logs of streams that nobody comes back to any more.</summary>
    public void Sweep()
    {
        var oldest = clock.GetUtcNow() - Life;
        foreach (var (id, logs) in _sessions)
        {
            if (logs.Sweep(oldest))
            {
                _sessions.TryRemove(new KeyValuePair<string, SessionLogs>(id, logs));
            }
        }
    }

    private void Keep(string sessionId, ReplayLog log)
    {
        if (_sessions.Count >= MaximumSessions * 2)
        {
            // Far more than are used at once: any will do.
            foreach (var (id, _) in _sessions.Take(MaximumSessions))
            {
                Forget(id);
            }
        }

        while (!_sessions.GetOrAdd(sessionId, static _ => new SessionLogs()).TryAdd(log))
        {
            // It was closed at this very moment, and is removed at once.
            Thread.Yield();
        }
    }

    private sealed class SessionLogs
    {
        private readonly Lock _lock = new();
        private readonly List<ReplayLog> _logs = [];
        private bool _isClosed;

        public bool TryAdd(ReplayLog log)
        {
            lock (_lock)
            {
                if (_isClosed)
                {
                    return false;
                }

                _logs.Add(log);
                if (_logs.Count > MaximumPerSession)
                {
                    // Of a stream that is over somebody may have read all; of one that goes on there is more to come.
                    var least = Math.Max(0, _logs.FindIndex(kept => kept.IsComplete));
                    _logs[least].Forget();
                    _logs.RemoveAt(least);
                }

                return true;
            }
        }

        public ReplayLog? Find(string streamId)
        {
            lock (_lock)
            {
                return _logs.Find(log => log.StreamId == streamId);
            }
        }

        /// <summary>True: none is left, and none is taken any more.</summary>
        public bool Sweep(DateTimeOffset oldest)
        {
            lock (_lock)
            {
                foreach (var log in _logs.Where(log => log.CompletedAt < oldest))
                {
                    log.Forget();
                }

                _logs.RemoveAll(log => log.IsForgotten);
                return _isClosed = _logs.Count == 0;
            }
        }

        public void Close()
        {
            lock (_lock)
            {
                _isClosed = true;
                _logs.ForEach(log => log.Forget());
                _logs.Clear();
            }
        }
    }
}
