using Marten.Events;
using Marten.Events.Daemon;

namespace Marten;

/// <summary>Feeds, progress and rebuilds.</summary>
public sealed class AdvancedOperations
{
    private readonly DocumentStore _store;

    internal AdvancedOperations(DocumentStore store) => _store = store;

    /// <summary>
    /// Completes at the next commit of events by this process. Take it BEFORE reading: what is committed after the read then still wakes the reader.
    /// Commits of other processes do not show here; poll for those.
    /// </summary>
    public Task NextCommit => _store.Commits.Next;

    /// <summary>
    /// Committed events after a position, in order, up to the safe mark: no event at or below a position returned in
    /// <see cref="EventPage.Next"/> can appear later, however long its transaction took.
    /// </summary>
    public Task<EventPage> FetchSafeEventsAsync(long after, int limit, CancellationToken ct = default) =>
        FetchSafeEventsAsync(new EventQuery { After = after, PageSize = limit }, ct);

    /// <summary>The same, narrowed; <see cref="EventPage.Next"/> also passes over what the query leaves out. Ascending queries only.</summary>
    public Task<EventPage> FetchSafeEventsAsync(EventQuery query, CancellationToken ct = default) => _store.Feed.ReadSafeAsync(query, ct);

    /// <summary>
    /// Committed events after a position as they are seen now. An event of a slow transaction may appear later below the position returned:
    /// for readers that take events idempotently and read again above the safe mark.
    /// </summary>
    public Task<EventPage> FetchVisibleEventsAsync(long after, int limit, CancellationToken ct = default) =>
        FetchVisibleEventsAsync(new EventQuery { After = after, PageSize = limit }, ct);

    /// <inheritdoc cref="FetchVisibleEventsAsync(long, int, CancellationToken)"/>
    public Task<EventPage> FetchVisibleEventsAsync(EventQuery query, CancellationToken ct = default) => _store.Feed.ReadVisibleAsync(query, ct);

    /// <summary>How far each asynchronous projection is.</summary>
    public Task<IReadOnlyList<ProjectionProgress>> AllProjectionProgress(CancellationToken ct = default) => _store.Feed.ProgressAsync(ct);

    /// <summary>The names that <see cref="RebuildProjectionAsync"/> knows: those of asynchronous projections, and of the classes of inline snapshots.</summary>
    public IReadOnlyList<string> ProjectionNames => _store.Rebuilder.Names;

    /// <summary>
    /// Empties what a projection wrote and replays all events; returns when the replay has reached what was there at the call.
    /// Safe while the projection runs anywhere: its runner is fenced off and begins again. For an inline snapshot the name is that of the
    /// aggregate's class; each stream is folded again without emptying anything.
    /// </summary>
    public Task RebuildProjectionAsync(string projectionName, CancellationToken ct = default) => _store.Rebuilder.RebuildAsync(projectionName, ct);

    /// <summary>Waits until every asynchronous projection has taken what is committed now. The daemon must run somewhere.</summary>
    /// <exception cref="TimeoutException">It did not within the time.</exception>
    public Task WaitForNonStaleProjectionDataAsync(TimeSpan timeout, CancellationToken ct = default) => _store.Feed.WaitForProjectionsAsync(timeout, ct);
}
