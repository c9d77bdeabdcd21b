namespace Marten.Events.Daemon;

/// <summary>An event that a projection could not take. Parked so that the rest goes on; found as a document, gone after a rebuild.</summary>
public sealed class DeadLetterEvent
{
    /// <summary>Document id.</summary>
    public Guid Id { get; set; }

    /// <summary>The projection.</summary>
    public string ProjectionName { get; set; } = "";

    /// <summary>The shard; always <c>All</c>.</summary>
    public string ShardName { get; set; } = "";

    /// <summary>When it was parked.</summary>
    public DateTimeOffset Timestamp { get; set; }

    /// <summary>Sequence of the event.</summary>
    public long EventSequence { get; set; }

    /// <summary>CLR name of the exception.</summary>
    public string ExceptionType { get; set; } = "";

    /// <summary>Its message, cut to 2,000 characters.</summary>
    public string ExceptionMessage { get; set; } = "";
}
