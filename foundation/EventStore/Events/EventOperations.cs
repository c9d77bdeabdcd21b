using Marten.Exceptions;
using Marten.Sessions;

namespace Marten.Events;

/// <summary>Appends of one session.</summary>
internal sealed class EventOperations(DocumentSession session) : EventReads(session), IEventStoreOperations
{
    private readonly Dictionary<Guid, StreamAction> _streams = [];

    /// <summary>Streams with events to save, by id: a fixed order, so that two saves that touch the same streams cannot deadlock.</summary>
    public List<StreamAction> Pending
    {
        get
        {
            var pending = new List<StreamAction>(_streams.Count);
            foreach (var stream in _streams.Values)
            {
                if (stream.Pending.Count > 0)
                {
                    pending.Add(stream);
                }
            }

            pending.Sort(static (a, b) => a.Id.CompareTo(b.Id));
            return pending;
        }
    }

    public bool HasPending => _streams.Values.Any(s => s.Pending.Count > 0);

    public StreamAction StartStream<T>(Guid id, params object[] events) where T : class => Start(id, typeof(T), events);

    public StreamAction StartStream<T>(Guid id, IEnumerable<object> events) where T : class => Start(id, typeof(T), events);

    public StreamAction StartStream<T>(params object[] events) where T : class => Start(Guid.NewGuid(), typeof(T), events);

    public StreamAction StartStream(Guid id, params object[] events) => Start(id, null, events);

    public StreamAction Append(Guid id, params object[] events)
    {
        var action = Track(id, null);
        action.Add(events);
        return action;
    }

    public StreamAction Append(Guid id, long expectedVersionAfter, params object[] events)
    {
        var action = Track(id, null);
        action.Add(events);
        action.ExpectAfter(expectedVersionAfter, events.Length);
        return action;
    }

    public async Task<IEventStream<T>> FetchForWriting<T>(Guid id, CancellationToken ct = default) where T : class
    {
        var fold = Store.FoldFor<T>();
        var snapshot = Store.SnapshotFor(typeof(T));
        var read = await ReadForWriteAsync(id, snapshot, ct);
        if (read is { Archived: true })
        {
            throw new InvalidStreamOperationException($"Stream {id} is archived.");
        }

        T? aggregate = null;
        if (read is not null && snapshot is not null)
        {
            aggregate = read.State is null ? null : Store.Json.Read<T>(read.State);
        }
        else if (read is not null)
        {
            foreach (var e in await FetchStreamAsync(id, read.Version, ct: ct))
            {
                aggregate = fold.Apply(aggregate, e, Store.Graph);
            }
        }

        var version = read?.Version ?? 0;
        var action = TrackAt(id, typeof(T), version);
        action.AggregateType ??= typeof(T);
        action.Snapshots.Clear();
        action.Found(version, read?.ServerTime);
        action.ExpectedVersionOnServer = version;
        if (snapshot is not null)
        {
            action.Snapshots[typeof(T)] = read?.State;
        }

        return new EventStream<T>(action, aggregate, version);
    }

    public async Task<IEventStream<T>> FetchForWriting<T>(Guid id, long expectedVersion, CancellationToken ct = default) where T : class
    {
        var stream = await FetchForWriting<T>(id, ct);
        return stream.StartingVersion == expectedVersion ? stream : throw new EventStreamUnexpectedMaxEventIdException(id, expectedVersion, stream.StartingVersion);
    }

    public async Task<IEventStream<T>> FetchForExclusiveWriting<T>(Guid id, CancellationToken ct = default) where T : class
    {
        await session.BeginTransactionAsync(ct);
        await session.ExecuteAsync($"select 1 from {Store.Options.DatabaseSchemaName}.mt_streams where id = ? for update", ct, id);
        return await FetchForWriting<T>(id, ct);
    }

    public void Clear() => _streams.Clear();

    private StreamAction Start(Guid id, Type? aggregateType, IEnumerable<object> events)
    {
        if (_streams.TryGetValue(id, out var known) && (known.IsStart || known.Pending.Count > 0 || known.ServerVersion > 0))
        {
            throw new ExistingStreamIdCollisionException(id, aggregateType);
        }

        var action = new StreamAction(id, aggregateType, isStart: true, Store.Graph);
        action.Add(events);
        if (action.Pending.Count == 0)
        {
            throw new ArgumentException("A stream begins with at least one event.", nameof(events));
        }

        return _streams[id] = action;
    }

    // The stream at a version just read. Another version read earlier is outdated: an error if events wait on it, else it is replaced.
    private StreamAction TrackAt(Guid id, Type aggregateType, long version)
    {
        var action = Track(id, aggregateType);
        var isOutdated = action.ExpectedVersionOnServer is { } relied && relied != version;
        if (action.IsStart || (isOutdated && action.Pending.Count > 0))
        {
            throw new EventStreamUnexpectedMaxEventIdException(id, action.ExpectedVersionOnServer, version);
        }

        if (isOutdated)
        {
            action.IsStale = true;
            _streams.Remove(id);
            action = Track(id, aggregateType);
        }

        return action;
    }

    private StreamAction Track(Guid id, Type? aggregateType)
    {
        if (!_streams.TryGetValue(id, out var action))
        {
            _streams[id] = action = new StreamAction(id, aggregateType, isStart: false, Store.Graph);
        }

        return action;
    }
}

/// <inheritdoc/>
internal sealed class EventStream<T>(StreamAction action, T? aggregate, long startingVersion) : IEventStream<T> where T : class
{
    public Guid Id => action.Id;

    public T? Aggregate => aggregate;

    public long? StartingVersion => startingVersion;

    public long? CurrentVersion => (action.ServerVersion ?? 0) + action.Pending.Count;

    public IReadOnlyList<IEvent> Events => action.Events;

    public void AppendOne(object @event) => action.Add([@event]);

    public void AppendMany(params object[] events) => action.Add(events);

    public void AppendMany(IEnumerable<object> events) => action.Add(events);
}
