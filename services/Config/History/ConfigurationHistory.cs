using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using Marten;
using Marten.Events;

namespace ManagedOAuth.Config.History;

/// <summary>Reads what was: the versions of objects, the feed of changes, the whole configuration at a time.</summary>
public sealed class ConfigurationHistory(IDocumentStore store, IEnumerable<IObjectKind> kinds) : IDisposable
{
    private const int PageSize = 1000;
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, IObjectKind> _kinds = kinds.ToDictionary(kind => kind.Name);
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Events that are read for one question about the whole configuration.</summary>
    public int MostEvents { get; init; } = 500_000;

    /// <summary>The kinds by name.</summary>
    public IReadOnlyDictionary<string, IObjectKind> Kinds => _kinds;

    /// <summary>How many versions an object of this kind has; 0 when there is none of that id.</summary>
    public async Task<long> CountAsync(IObjectKind kind, Guid id, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(kind);
        await using var session = store.QuerySession();
        var first = await session.Events.FetchStreamAsync(id, 1, fromVersion: 1, ct: ct);
        return first.Count > 0 && ConfigurationFact.Of(first[0])?.Kind == kind.Name ? (await session.Events.FetchStreamStateAsync(id, ct))!.Version : 0;
    }

    /// <summary>The changes that made these versions, newest first.</summary>
    public async Task<IReadOnlyList<JsonObject>> VersionsAsync(Guid id, long from, long to, bool whole, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        var events = await session.Events.FetchStreamAsync(id, to, fromVersion: Math.Max(1, from - 1), ct: ct);
        var shown = new List<JsonObject>();
        for (var index = events.Count - 1; index >= 0 && events[index].Version >= from; index--)
        {
            shown.Add(Show(events[index], index > 0 ? events[index - 1] : null, whole));
        }

        return shown;
    }

    /// <summary>One page of all changes, newest first.</summary>
    public async Task<(IReadOnlyList<JsonObject> Changes, string Next)> ChangesAsync(EventQuery query, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        var page = await session.Events.QueryEventsAsync(query, ct);
        var facts = page.Events.Where(e => ConfigurationFact.Of(e) is not null).ToList();
        var before = (await session.Events.FetchPrecedingAsync(facts, ct)).ToDictionary(e => (e.StreamId, e.Version));
        var changes = facts.ConvertAll(e => Show(e, before.GetValueOrDefault((e.StreamId, e.Version - 1)), whole: false));
        return (changes, page.HasMore ? page.Next.ToString(CultureInfo.InvariantCulture) : "");
    }

    /// <summary>
    /// The right to compute the whole configuration of a time, which holds all of it in memory: one at once in each process. Null when others took too long.
    /// </summary>
    public async Task<IDisposable?> EnterAsync(CancellationToken ct) => await _turn.WaitAsync(s_longestWait, ct) ? new Turn(_turn) : null;

    /// <summary>The configuration as it was at a time, computed from the events. Null where that takes more than <see cref="MostEvents"/>.</summary>
    /// <param name="time">The time.</param>
    /// <param name="from">A state of an earlier time to go on from; from the beginning when null.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<ConfigurationState?> AsOfAsync(DateTimeOffset time, ConfigurationState? from, CancellationToken ct)
    {
        var state = from ?? ConfigurationState.Empty;
        var read = 0;
        await using var session = store.QuerySession();
        await foreach (var e in session.Events.StreamEventsAsync(new EventQuery { To = time.AddMicroseconds(1), After = state.Snapshot.Position, PageSize = PageSize }, ct))
        {
            if (++read > MostEvents)
            {
                return null;
            }

            state = state.After(e.Data, e.StreamId, e.Version, e.Sequence);
        }

        return state;
    }

    /// <summary>The object by itself, without what only computes from others.</summary>
    public JsonNode? ShowAlone(string kind, object? state) => state is null ? null : _kinds.TryGetValue(kind, out var known) ? known.ShowAlone(state) : new JsonObject();

    public void Dispose() => _turn.Dispose();

    private JsonObject Show(IEvent e, IEvent? before, bool whole)
    {
        var fact = ConfigurationFact.Of(e)!;
        var (was, isNow) = (before is null ? null : ShowAlone(fact.Kind, ConfigurationFact.Of(before)?.State), ShowAlone(fact.Kind, fact.State));
        var shown = new JsonObject
        {
            ["position"] = e.Sequence,
            ["kind"] = fact.Kind,
            ["id"] = e.StreamId,
            ["name"] = (isNow ?? was)?["name"]?.DeepClone(),
            ["version"] = e.Version,
            ["event"] = e.EventTypeName,
            ["at"] = e.Timestamp,
            ["trace_id"] = e.CorrelationId,
            ["changes"] = JsonDifference.Between(was, isNow),
        };
        Actors.Show(shown, e.UserName);
        if (e.Headers?.GetValueOrDefault(ConfigurationFact.RestoredFrom) is long restored)
        {
            shown["restored_from"] = restored;
        }

        if (whole)
        {
            shown["object"] = isNow;
        }

        return shown;
    }

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
