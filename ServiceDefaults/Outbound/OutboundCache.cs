using System.Collections.Concurrent;

namespace ManagedOAuth.ServiceDefaults.Outbound;

/// <summary>
/// Documents of servers outside, kept for a while: one request however many wait for it, not asked again at once when it failed, and the last good one
/// served on while the server is away.
/// </summary>
/// <typeparam name="T">What was read.</typeparam>
public sealed class OutboundCache<T>(TimeProvider clock)
    where T : class
{
    private const int MaximumEntries = 1000;
    private static readonly TimeSpan s_fresh = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_usable = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_afterFailure = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_forced = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>The document.</summary>
    /// <param name="key">Its address.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="cancellation">Stops waiting; the request goes on for the others.</param>
    /// <exception cref="OutboundUnavailableException">It cannot be read, and there is none from before.</exception>
    public Task<T> GetAsync(string key, Func<CancellationToken, Task<T>> read, CancellationToken cancellation) => GetAsync(key, read, isForced: false, cancellation);

    /// <summary>The document, read again unless that was done a moment ago: for what is missing in the one that is known.</summary>
    public Task<T> RefreshAsync(string key, Func<CancellationToken, Task<T>> read, CancellationToken cancellation) => GetAsync(key, read, isForced: true, cancellation);

    private async Task<T> GetAsync(string key, Func<CancellationToken, Task<T>> read, bool isForced, CancellationToken cancellation)
    {
        if (_entries.Count > MaximumEntries)
        {
            // Addresses come from the configuration: this many means that most of them are of the past.
            _entries.Clear();
        }

        var entry = _entries.GetOrAdd(key, _ => new Entry());
        Task<T> running;
        lock (entry)
        {
            var now = clock.GetUtcNow();
            var isDue = now - entry.ReadAt >= s_fresh || (isForced && now - entry.ForcedAt >= s_forced);
            if (entry.Value is { } known && !isDue)
            {
                return known;
            }

            if (entry.Running is null && entry.Value is { } old && now - entry.FailedAt < s_afterFailure && now - entry.ReadAt < s_usable)
            {
                return old;
            }

            entry.ForcedAt = isForced ? now : entry.ForcedAt;
            running = entry.Running ??= Task.Run(() => ReadAsync(entry, read), CancellationToken.None);
        }

        return await running.WaitAsync(cancellation);
    }

    private async Task<T> ReadAsync(Entry entry, Func<CancellationToken, Task<T>> read)
    {
        try
        {
            var value = await read(CancellationToken.None);
            lock (entry)
            {
                (entry.Value, entry.ReadAt) = (value, clock.GetUtcNow());
            }

            return value;
        }
        catch (OutboundUnavailableException)
        {
            lock (entry)
            {
                entry.FailedAt = clock.GetUtcNow();
                if (entry.Value is { } last && entry.FailedAt - entry.ReadAt < s_usable)
                {
                    return last;
                }
            }

            throw;
        }
        finally
        {
            lock (entry)
            {
                entry.Running = null;
            }
        }
    }

    private sealed class Entry
    {
        public T? Value { get; set; }

        public DateTimeOffset ReadAt { get; set; }

        public DateTimeOffset FailedAt { get; set; }

        public DateTimeOffset ForcedAt { get; set; }

        public Task<T>? Running { get; set; }
    }
}
