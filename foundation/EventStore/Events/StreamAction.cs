using Marten.Exceptions;

namespace Marten.Events;

/// <summary>A stream as one session sees it: the version it relies on and the events that wait to be saved.</summary>
public sealed class StreamAction
{
    private readonly List<Event> _events = [];
    private readonly EventGraph _graph;
    private long _planned;

    internal StreamAction(Guid id, Type? aggregateType, bool isStart, EventGraph graph)
    {
        Id = id;
        AggregateType = aggregateType;
        IsStart = isStart;
        _graph = graph;
    }

    /// <summary>The stream's id.</summary>
    public Guid Id { get; }

    /// <summary>What the stream is; null for a plain append.</summary>
    public Type? AggregateType { get; internal set; }

    /// <summary>True if the stream must not exist yet.</summary>
    public bool IsStart { get; internal set; }

    /// <summary>Events not yet saved.</summary>
    public IReadOnlyList<IEvent> Events => _events;

    /// <summary>Version the events are appended after; null while it is still to be read.</summary>
    public long? ExpectedVersionOnServer { get; internal set; }

    internal List<Event> Pending => _events;

    /// <summary>Version found in the database, by a fetch for writing or while preparing the save.</summary>
    internal long? ServerVersion { get; set; }

    /// <summary>The server's clock when the stream was read; used as timestamp where a fold looks at timestamps.</summary>
    internal DateTimeOffset? ServerTime { get; set; }

    /// <summary>Serialized state per snapshot type at <see cref="ServerVersion"/>; a null value = the aggregate does not exist.</summary>
    internal Dictionary<Type, byte[]?> Snapshots { get; } = [];

    /// <summary>Serialized state per snapshot type after the pending events, while a save is under way.</summary>
    internal Dictionary<Type, byte[]> NewSnapshots { get; } = [];

    /// <summary>The stream was read again at another version: what was decided on the older state must not be saved.</summary>
    internal bool IsStale { get; set; }

    internal void Add(IEnumerable<object> events)
    {
        if (IsStale)
        {
            throw new EventStreamUnexpectedMaxEventIdException(Id, ServerVersion, null);
        }

        foreach (var data in events)
        {
            ArgumentNullException.ThrowIfNull(data);
            var e = data as Event ?? _graph.Wrap(data);
            e.StreamId = Id;
            _events.Add(e);
        }
    }

    /// <summary>Relies on the version before the last <paramref name="added"/> events; two expectations that contradict each other are refused.</summary>
    internal void ExpectAfter(long expectedVersionAfter, int added)
    {
        var before = expectedVersionAfter - _events.Count;
        if (before < 0 || added == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(expectedVersionAfter), expectedVersionAfter, "The expected version counts the appended events: it cannot be smaller than their number.");
        }

        if (ExpectedVersionOnServer is { } other && other != before)
        {
            throw new EventStreamUnexpectedMaxEventIdException(Id, before, other);
        }

        ExpectedVersionOnServer = before;
    }

    /// <summary>Records what the database said.</summary>
    internal void Found(long version, DateTimeOffset? serverTime)
    {
        ServerVersion = version;
        ServerTime = serverTime ?? ServerTime;
    }

    /// <summary>Numbers the events after <see cref="ServerVersion"/>.</summary>
    internal void AssignVersions()
    {
        _planned = ServerVersion ?? 0;
        foreach (var e in _events)
        {
            e.Version = ++_planned;
        }
    }

    /// <summary>Copy for listeners, who look at it after the session has moved on.</summary>
    internal StreamAction Snapshot()
    {
        var copy = new StreamAction(Id, AggregateType, IsStart, _graph) { ServerVersion = ServerVersion, ExpectedVersionOnServer = ExpectedVersionOnServer };
        copy._events.AddRange(_events);
        return copy;
    }

    /// <summary>After the commit the session may append further without reading again.</summary>
    internal void Committed()
    {
        ServerVersion = ExpectedVersionOnServer = _planned;
        IsStart = false;
        ServerTime = null;
        foreach (var (type, json) in NewSnapshots)
        {
            Snapshots[type] = json;
        }

        NewSnapshots.Clear();
        _events.Clear();
    }
}
