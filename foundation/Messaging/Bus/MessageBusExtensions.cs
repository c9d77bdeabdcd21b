namespace Wolverine;

/// <summary>Shorthands for messages that are due later.</summary>
public static class MessageBusExtensions
{
    /// <summary>Publishes a message that is handled at the given time, or as soon after it as a node is up.</summary>
    public static ValueTask ScheduleAsync<T>(this IMessageBus bus, T message, DateTimeOffset executionTime)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(bus);
        return bus.PublishAsync(message, new DeliveryOptions { ScheduledTime = executionTime });
    }

    /// <summary>Publishes a message that is handled after the given delay.</summary>
    public static ValueTask ScheduleAsync<T>(this IMessageBus bus, T message, TimeSpan delay)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(bus);
        return bus.PublishAsync(message, new DeliveryOptions { ScheduleDelay = delay });
    }

    /// <summary>A cascading return value that is delivered after a delay.</summary>
    public static DeliveryMessage<T> DelayedFor<T>(this T message, TimeSpan delay)
        where T : notnull => new(message, new DeliveryOptions { ScheduleDelay = delay });

    /// <summary>A cascading return value that is delivered at a time.</summary>
    public static DeliveryMessage<T> ScheduledAt<T>(this T message, DateTimeOffset time)
        where T : notnull => new(message, new DeliveryOptions { ScheduledTime = time });
}
