namespace Wolverine;

/// <summary>How one message is delivered. Without options it is handled as soon as a receiver is free.</summary>
public sealed record DeliveryOptions
{
    /// <summary>Earliest moment of handling, by the application's <see cref="TimeProvider"/>; wins over <see cref="ScheduleDelay"/>.</summary>
    public DateTimeOffset? ScheduledTime { get; init; }

    /// <summary>Earliest moment of handling, counted from publishing.</summary>
    public TimeSpan? ScheduleDelay { get; init; }
}
