namespace Marten.Exceptions;

/// <summary>Another writer was faster. Load again and decide again.</summary>
public class ConcurrencyException : MartenException
{
    /// <summary>Makes one.</summary>
    public ConcurrencyException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}

/// <summary>A stream was not at the version the writer had read.</summary>
public sealed class EventStreamUnexpectedMaxEventIdException : ConcurrencyException
{
    /// <summary>Makes one.</summary>
    public EventStreamUnexpectedMaxEventIdException(Guid? streamId, long? expected, long? actual, Exception? inner = null)
        : base($"Stream {streamId?.ToString() ?? "(one of several)"}: expected version {expected?.ToString() ?? "?"}, but it was {actual?.ToString() ?? "higher"}", inner)
    {
        Id = streamId;
        Expected = expected;
        Actual = actual;
    }

    /// <summary>The stream; null if the save touched several and the database named none.</summary>
    public Guid? Id { get; }

    /// <summary>The version the writer relied on.</summary>
    public long? Expected { get; }

    /// <summary>The version found; null if only the collision is known.</summary>
    public long? Actual { get; }
}

/// <summary>A stream to be started exists.</summary>
public sealed class ExistingStreamIdCollisionException : MartenException
{
    /// <summary>Makes one.</summary>
    public ExistingStreamIdCollisionException(Guid? id, Type? aggregateType, Exception? inner = null)
        : base($"Stream {id?.ToString() ?? "(one of several)"} exists already", inner)
    {
        Id = id;
        AggregateType = aggregateType;
    }

    /// <summary>The stream; null if the save started several and the database named none.</summary>
    public Guid? Id { get; }

    /// <summary>What it was to be.</summary>
    public Type? AggregateType { get; }
}

/// <summary>The id or a unique field of a document is taken.</summary>
public sealed class DocumentAlreadyExistsException : MartenException
{
    /// <summary>Makes one.</summary>
    public DocumentAlreadyExistsException(Type? docType, object? id, string? constraintName, Exception? inner = null)
        : base($"A document {docType?.Name} with this key exists already ({constraintName})", inner)
    {
        DocType = docType;
        Id = id;
        ConstraintName = constraintName;
    }

    /// <summary>The document's type.</summary>
    public Type? DocType { get; }

    /// <summary>The id of the document that could not be saved.</summary>
    public object? Id { get; }

    /// <summary>Primary key or unique index that refused.</summary>
    public string? ConstraintName { get; }
}

/// <summary>A projection's progress was moved by someone else: another runner is active, or a rebuild began.</summary>
public sealed class ProgressionProgressOutOfOrderException : ConcurrencyException
{
    /// <summary>Makes one.</summary>
    public ProgressionProgressOutOfOrderException(string name) : base($"The progress of {name} was moved by another runner")
    {
    }
}
