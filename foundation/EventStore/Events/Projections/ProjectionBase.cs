namespace Marten.Events.Projections;

/// <summary>What every kind of projection declares: its name, the events it wants, the documents that are its own.</summary>
public abstract class ProjectionBase : IProjection
{
    private readonly HashSet<Type> _eventTypes = [];
    private readonly List<Action<StoreOptions>> _declarations = [];
    private readonly List<Type> _views = [];

    /// <summary>Stable name; its progress is kept under <c>Name:All</c>. Default: the class name.</summary>
    public string ProjectionName { get; protected set; } = "";

    /// <summary>Event types it is given; empty = all.</summary>
    public IReadOnlyCollection<Type> EventTypes => _eventTypes;

    internal IReadOnlyList<Type> Views => _views;

    /// <inheritdoc/>
    public abstract Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken ct);

    /// <summary>Asks for events of a type. Asking for none gives all.</summary>
    protected void IncludeType<TEvent>() where TEvent : notnull => IncludeType(typeof(TEvent));

    /// <summary>Declares a document type that only this projection writes. A rebuild empties it.</summary>
    protected void DeleteViewTypeOnTeardown<T>() where T : class
    {
        _views.Add(typeof(T));
        _declarations.Add(options => options.Schema.Declare<T>(ViewKind));
    }

    internal virtual Schema.DocumentKind ViewKind => Schema.DocumentKind.Ordinary;

    internal void IncludeType(Type type) => _eventTypes.Add(type);

    internal void Declare(StoreOptions options)
    {
        foreach (var declare in _declarations)
        {
            declare(options);
        }

        options.Events.AddEventTypes(_eventTypes);
    }
}
