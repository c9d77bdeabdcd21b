using Marten.Events.Aggregation;
using Marten.Schema;

namespace Marten.Events.Projections;

/// <summary>The snapshots and projections of a store.</summary>
public sealed class ProjectionOptions
{
    private readonly StoreOptions _options;
    private readonly List<IProjection> _inline = [];
    private readonly List<AsyncProjection> _async = [];
    private readonly List<SnapshotMapping> _snapshots = [];

    internal ProjectionOptions(StoreOptions options) => _options = options;

    /// <summary>How often an idle runner looks for events; commits of this process wake it at once. Default: 250 ms.</summary>
    public TimeSpan FastPollingTime { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often a standby asks whether the active runner is gone. Default: 1 s.</summary>
    public TimeSpan LeadershipPollingTime { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Events per transaction of an asynchronous projection. Default: 500.</summary>
    public int BatchSize { get; set; } = 500;

    /// <summary>How often a single failing event is tried before it is parked. Default: 3.</summary>
    public int AttemptsBeforeParking { get; set; } = 3;

    internal IReadOnlyList<IProjection> Inline => _inline;

    internal IReadOnlyList<AsyncProjection> Async => _async;

    internal IReadOnlyList<SnapshotMapping> Snapshots => _snapshots;

    /// <summary>
    /// Keeps the folded state of an aggregate as a document. The fold is found on the class: <c>static T Create(TEvent)</c>,
    /// <c>void Apply(TEvent)</c>, both also with <see cref="IEvent{T}"/>; <c>Id</c> and <c>Version</c> are set if they exist.
    /// </summary>
    public void Snapshot<T>(SnapshotLifecycle lifecycle) where T : class
    {
        var snapshot = new SnapshotMapping<T>(_options.Schema.Declare<T>(DocumentKind.Projected));
        _options.Events.AddEventTypes(snapshot.Fold.EventTypes);
        if (lifecycle == SnapshotLifecycle.Inline)
        {
            _snapshots.Add(snapshot);
        }
        else
        {
            AddAsync(new AsyncProjection(typeof(T).Name, snapshot.Fold.EventTypes, [typeof(T)], snapshot.ApplyAsync));
        }
    }

    /// <summary>Adds a projection.</summary>
    /// <param name="projection">One instance serves all sessions: it must hold no state between calls.</param>
    /// <param name="lifecycle">When it runs.</param>
    /// <param name="projectionName">Stable name; default: that of the projection, or its class.</param>
    public void Add(IProjection projection, ProjectionLifecycle lifecycle, string? projectionName = null)
    {
        var declared = projection as ProjectionBase;
        declared?.Declare(_options);
        if (lifecycle == ProjectionLifecycle.Inline)
        {
            // Two sessions that fold into the same document at the same time would lose one of the changes.
            if (declared is { ViewKind: DocumentKind.Projected })
            {
                throw new ArgumentException($"{projection.GetType()} folds many streams and can only run asynchronously.", nameof(lifecycle));
            }

            _inline.Add(projection);
            return;
        }

        var name = projectionName ?? (string.IsNullOrEmpty(declared?.ProjectionName) ? projection.GetType().Name : declared.ProjectionName);
        AddAsync(new AsyncProjection(name, declared?.EventTypes ?? [], declared?.Views ?? [], projection.ApplyAsync));
    }

    /// <inheritdoc cref="Add(IProjection, ProjectionLifecycle, string?)"/>
    public void Add<T>(ProjectionLifecycle lifecycle) where T : IProjection, new() => Add(new T(), lifecycle);

    private void AddAsync(AsyncProjection projection)
    {
        if (_async.Any(p => p.Name == projection.Name))
        {
            throw new ArgumentException($"Two projections are called {projection.Name}.");
        }

        _async.Add(projection);
    }
}

/// <summary>A projection that runs in the background.</summary>
internal sealed record AsyncProjection(
    string Name,
    IReadOnlyCollection<Type> EventTypes,
    IReadOnlyList<Type> Views,
    Func<IDocumentOperations, IReadOnlyList<IEvent>, CancellationToken, Task> Apply)
{
    public string ProgressName => Name + ":All";
}
