namespace Marten.Events;

/// <summary>An event with its envelope. The store makes these; tests of a fold may make their own.</summary>
public abstract class Event : IEvent
{
    /// <inheritdoc/>
    public Guid Id { get; set; } = Guid.NewGuid();

    /// <inheritdoc/>
    public Guid StreamId { get; set; }

    /// <inheritdoc/>
    public long Version { get; set; }

    /// <inheritdoc/>
    public long Sequence { get; set; }

    /// <inheritdoc/>
    public abstract object Data { get; }

    /// <inheritdoc/>
    public abstract Type EventType { get; }

    /// <inheritdoc/>
    public string EventTypeName { get; set; } = "";

    /// <summary>CLR name as stored for the benefit of Marten; never used to find a type.</summary>
    public string? DotNetTypeName { get; set; }

    /// <inheritdoc/>
    public DateTimeOffset Timestamp { get; set; }

    /// <inheritdoc/>
    public string? CorrelationId { get; set; }

    /// <inheritdoc/>
    public string? CausationId { get; set; }

    /// <inheritdoc/>
    public string? UserName => Headers?.GetValueOrDefault(ActorHeader) as string;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?>? Headers { get; set; }

    /// <inheritdoc/>
    public bool IsArchived { get; set; }

    /// <summary>The header that names who acted.</summary>
    public const string ActorHeader = "actor";

    /// <summary>Wraps a fact, for tests.</summary>
    public static Event<T> For<T>(T data) where T : notnull => new(data);
}

/// <summary>An event with its envelope, typed.</summary>
public sealed class Event<T> : Event, IEvent<T> where T : notnull
{
    private readonly T _data;

    /// <summary>Wraps a fact.</summary>
    public Event(T data) => _data = data;

    /// <inheritdoc/>
    public override object Data => _data;

    /// <inheritdoc/>
    public override Type EventType => typeof(T);

    T IEvent<T>.Data => _data;
}
