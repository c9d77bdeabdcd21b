namespace Marten.Events;

/// <summary>A stream that was read in order to append to it.</summary>
/// <typeparam name="T">The aggregate.</typeparam>
public interface IEventStream<out T> where T : class
{
    /// <summary>The stream's id.</summary>
    Guid Id { get; }

    /// <summary>State as read; null if the stream does not exist. Never to be changed by the caller: append events instead.</summary>
    T? Aggregate { get; }

    /// <summary>The version read; 0 if the stream does not exist.</summary>
    long? StartingVersion { get; }

    /// <summary><see cref="StartingVersion"/> plus the events appended here.</summary>
    long? CurrentVersion { get; }

    /// <summary>What was appended here and is not saved.</summary>
    IReadOnlyList<IEvent> Events { get; }

    /// <summary>Queues an event.</summary>
    void AppendOne(object @event);

    /// <summary>Queues events.</summary>
    void AppendMany(params object[] events);

    /// <summary>Queues events.</summary>
    void AppendMany(IEnumerable<object> events);
}
