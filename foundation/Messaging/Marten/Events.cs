namespace Wolverine.Marten;

/// <summary>The events that a handler returns for the stream of its <see cref="WriteModelAttribute"/> parameter.</summary>
public sealed class Events : List<object>
{
    /// <summary>None.</summary>
    public Events()
    {
    }

    /// <summary>These events, in this order.</summary>
    public Events(IEnumerable<object> events)
        : base(events)
    {
    }

    /// <summary>Adds an event.</summary>
    public static Events operator +(Events events, object @event)
    {
        ArgumentNullException.ThrowIfNull(events);
        events.Add(@event);
        return events;
    }
}
