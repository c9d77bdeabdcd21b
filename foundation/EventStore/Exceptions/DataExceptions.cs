namespace Marten.Exceptions;

/// <summary>A stored event has a name that nothing is registered for.</summary>
public sealed class UnknownEventTypeException : MartenException
{
    /// <summary>Makes one.</summary>
    public UnknownEventTypeException(string eventTypeName, long sequence)
        : base($"No event type, upcaster or ignore rule is registered for the stored name '{eventTypeName}' (sequence {sequence})") => EventTypeName = eventTypeName;

    /// <summary>The stored name.</summary>
    public string EventTypeName { get; }
}

/// <summary>The data of a stored event does not fit its type.</summary>
public sealed class EventDeserializationFailureException : MartenException
{
    /// <summary>Makes one.</summary>
    public EventDeserializationFailureException(string eventTypeName, long sequence, Exception inner)
        : base($"Event {sequence} ('{eventTypeName}') could not be read: {inner.GetType().Name}", inner) => Sequence = sequence;

    /// <summary>Which event.</summary>
    public long Sequence { get; }
}

/// <summary>An event or document cannot be stored as jsonb: it holds U+0000, or it is larger than <see cref="StoreOptions.MaxJsonBytes"/>.</summary>
public sealed class UnstorableJsonException : MartenException
{
    /// <summary>Makes one.</summary>
    public UnstorableJsonException(string message) : base(message)
    {
    }
}

/// <summary>A stream does not allow the operation: it is archived.</summary>
public sealed class InvalidStreamOperationException : MartenException
{
    /// <summary>Makes one.</summary>
    public InvalidStreamOperationException(string message) : base(message)
    {
    }
}

/// <summary>The database contradicts the configuration, or the role may not change it.</summary>
public sealed class SchemaMigrationException : MartenException
{
    /// <summary>Makes one.</summary>
    public SchemaMigrationException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
