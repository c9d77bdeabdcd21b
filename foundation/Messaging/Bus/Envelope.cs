namespace Wolverine;

/// <summary>A message with what travels beside it. One envelope per receiver; the id is the same for all of them.</summary>
public sealed class Envelope
{
    /// <summary>Identity of the message: a receiver handles one id once.</summary>
    public required Guid Id { get; init; }

    /// <summary>Stable name of the message type, never a CLR name.</summary>
    public required string MessageType { get; init; }

    /// <summary>The queue that this envelope is for.</summary>
    public required string Destination { get; init; }

    /// <summary>The message; null until the body has been read.</summary>
    public object? Message { get; internal set; }

    /// <summary>Name of the service that published the message.</summary>
    public string? Source { get; init; }

    /// <summary>When the publisher's transaction began, by the database's clock.</summary>
    public DateTimeOffset SentAt { get; init; }

    /// <summary>Earliest moment of handling; null = at once.</summary>
    public DateTimeOffset? ScheduledTime { get; init; }

    /// <summary>Which attempt this is, from 1.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>Correlation id of the work that published the message.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>W3C traceparent of the publisher's span.</summary>
    public string? ParentId { get; init; }

    /// <summary>The actor on whose behalf the publisher worked.</summary>
    public string? UserName { get; init; }

    /// <summary>The body as stored: UTF-8 JSON; null when it is above the limit and was not read.</summary>
    internal byte[]? Data { get; init; }

    /// <summary>Place in the queue.</summary>
    internal long Sequence { get; init; }

    /// <summary>How many nodes died while they held the message.</summary>
    internal int Recoveries { get; init; }

    /// <summary>The inbox already has this message for this receiver.</summary>
    internal bool AlreadyHandled { get; init; }

    /// <summary>The node that claimed the row: only its owner may complete it.</summary>
    internal Guid Owner { get; init; }
}
