namespace Marten.Events;

/// <summary>Which events to read over all streams. Every set member narrows the result; pages follow the sequence.</summary>
public sealed record EventQuery
{
    /// <summary>Largest <see cref="PageSize"/>.</summary>
    public const int MaxPageSize = 5_000;

    /// <summary>Only this stream.</summary>
    public Guid? StreamId { get; init; }

    /// <summary>Only streams of this aggregate alias, such as <c>grant</c>.</summary>
    public string? StreamType { get; init; }

    /// <summary>Only these registered event types.</summary>
    public IReadOnlyCollection<Type>? EventTypes { get; init; }

    /// <summary>Only these stored event names; added to those of <see cref="EventTypes"/>.</summary>
    public IReadOnlyCollection<string>? EventTypeNames { get; init; }

    /// <summary>Saved at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Saved before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only this correlation (trace) id.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>Only this causation id.</summary>
    public string? CausationId { get; init; }

    /// <summary>Only actors that match one of these patterns of SQL's <c>like</c>.</summary>
    public IReadOnlyCollection<string>? ActorLike { get; init; }

    /// <summary>Key of the page: events after this sequence (before it, if <see cref="Descending"/>). Null = from the end where reading begins.</summary>
    public long? After { get; init; }

    /// <summary>Newest first.</summary>
    public bool Descending { get; init; }

    /// <summary>Events per page, 1 to <see cref="MaxPageSize"/>.</summary>
    public int PageSize { get; init; } = 100;
}
