namespace ManagedOAuth.Config.DeadLetters;

/// <summary>One message that was given up, as the events of what was done with it name it.</summary>
/// <param name="Id">The message.</param>
/// <param name="Receiver">The queue that it was in.</param>
/// <param name="MessageType">Stable name of its type.</param>
/// <param name="Reason">Why it was given up.</param>
public sealed record NamedLetter(Guid Id, string Receiver, string MessageType, string Reason);

/// <summary>Somebody put dead letters back into their queues. A stream of its own for each time.</summary>
public sealed record DeadLettersReplayed(IReadOnlyList<NamedLetter> Letters);

/// <summary>Somebody deleted dead letters for good. A stream of its own for each time.</summary>
public sealed record DeadLettersDiscarded(IReadOnlyList<NamedLetter> Letters);
