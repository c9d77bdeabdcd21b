namespace Wolverine.Postgresql;

/// <summary>A message that could not be handled, without its body.</summary>
/// <param name="Id">The message.</param>
/// <param name="Receiver">The queue that it was in.</param>
/// <param name="MessageType">Stable name of its type.</param>
/// <param name="Reason"><c>failed</c>, <c>unknown_type</c>, <c>unreadable</c>, <c>too_large</c> or <c>nodes_died</c>.</param>
/// <param name="ExceptionType">CLR name of the last exception, if there was one.</param>
/// <param name="ExceptionMessage">Its text, or what the reason means.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="EnqueuedAt">When it was published.</param>
/// <param name="DeadAt">When it was given up.</param>
/// <param name="Source">The service that published it.</param>
/// <param name="CorrelationId">The work that caused it.</param>
public sealed record DeadLetter(
    Guid Id, string Receiver, string MessageType, string Reason, string? ExceptionType, string? ExceptionMessage, int Attempts,
    DateTimeOffset EnqueuedAt, DateTimeOffset DeadAt, string? Source, string? CorrelationId)
{
    /// <summary>Where it is in a list.</summary>
    public DeadLetterPosition Position => new(DeadAt, Id);
}

/// <summary>A place in the list of dead letters.</summary>
/// <param name="DeadAt">When that message was given up.</param>
/// <param name="Id">The message.</param>
public sealed record DeadLetterPosition(DateTimeOffset DeadAt, Guid Id);

/// <summary>Selects dead letters; what is null does not restrict.</summary>
/// <param name="Id">One message.</param>
/// <param name="Receiver">One queue.</param>
/// <param name="MessageType">One type, by its stable name.</param>
/// <param name="Reason">One reason.</param>
public sealed record DeadLetterFilter(Guid? Id = null, string? Receiver = null, string? MessageType = null, string? Reason = null)
{
    /// <summary>All of them.</summary>
    public static readonly DeadLetterFilter All = new();
}
