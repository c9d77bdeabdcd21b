namespace Wolverine;

/// <summary>The messages that a handler returns; each is published in the handler's transaction.</summary>
public sealed class OutgoingMessages : List<object>
{
    /// <summary>Adds a message that is handled at the given time.</summary>
    public OutgoingMessages Schedule<T>(T message, DateTimeOffset time)
        where T : notnull
    {
        Add(message.ScheduledAt(time));
        return this;
    }

    /// <summary>Adds a message that is handled after the given delay.</summary>
    public OutgoingMessages Delay<T>(T message, TimeSpan delay)
        where T : notnull
    {
        Add(message.DelayedFor(delay));
        return this;
    }
}
