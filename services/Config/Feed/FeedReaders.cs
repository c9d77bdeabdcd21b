using System.Collections.Concurrent;
using Marten;

namespace ManagedOAuth.Config.Feed;

/// <summary>
/// How far every reader of the feed is, whichever replica it told: reports are kept in memory, and in the database whenever a position moved, so
/// that other replicas know.
/// </summary>
public sealed class FeedReaders(IDocumentStore store, TimeProvider clock)
{
    /// <summary>A reader reports every five seconds; one that was silent for three times as long is gone.</summary>
    public static readonly TimeSpan Gone = TimeSpan.FromSeconds(15);

    /// <summary>A reader that has been gone for so long is forgotten.</summary>
    public static readonly TimeSpan Forgotten = TimeSpan.FromHours(1);

    private const int Most = 1000;
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, FeedReader> _told = new();
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A reader says how far it is.</summary>
    public async Task NoteAsync(string service, string reader, string epoch, long position, CancellationToken ct)
    {
        var now = new FeedReader($"{service}:{reader}", service, reader, epoch, position, clock.GetUtcNow());
        var written = _told.TryGetValue(now.Id, out var before) && before.Epoch == epoch && before.Position == position && now.At - before.At < Gone / 3;
        if (!written)
        {
            _told[now.Id] = now;
            Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            await using var session = store.LightweightSession();
            session.Store(now);
            await session.SaveChangesAsync(ct);
        }
    }

    /// <summary>Every reader that has not gone.</summary>
    public async Task<IReadOnlyList<FeedReader>> AllAsync(CancellationToken ct) => (await LastHourAsync(ct)).Living;

    /// <summary>Every reader that has not gone, and those that have and are not forgotten yet: stopped, started anew under another name, or cut off.</summary>
    public async Task<(IReadOnlyList<FeedReader> Living, IReadOnlyList<FeedReader> Silent)> LastHourAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var session = store.QuerySession();
        var stored = await session.QueryAsync<FeedReader>("order by id limit ?", ct, Most);
        var known = stored.Concat(_told.Values)
            .GroupBy(reader => reader.Id)
            .Select(reports => reports.MaxBy(report => report.At)!)
            .Where(reader => reader.At > now - Forgotten)
            .OrderBy(reader => reader.Id, StringComparer.Ordinal)
            .ToLookup(reader => reader.At > now - Gone);
        return ([.. known[true]], [.. known[false]]);
    }

    /// <summary>Waits until every reader is at the position, or the time is over; gives how far they are.</summary>
    public async Task<(bool Everywhere, IReadOnlyList<FeedReader> Readers)> WaitForAsync(string epoch, long position, TimeSpan timeout, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            var changed = _changed.Task;
            var readers = await AllAsync(ct);
            var everywhere = readers.All(reader => reader.Epoch == epoch && reader.Position >= position);
            if (everywhere || clock.GetElapsedTime(started) >= timeout)
            {
                return (everywhere, readers);
            }

            // The poll is for what other replicas were told.
            await Task.WhenAny(changed, Task.Delay(s_poll, clock, ct));
            ct.ThrowIfCancellationRequested();
        }
    }
}
