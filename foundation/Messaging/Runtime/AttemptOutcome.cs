namespace Wolverine.Runtime;

/// <summary>What the listener has to know after one attempt.</summary>
/// <param name="RetryIn">The message is back in the queue and due after this time.</param>
/// <param name="DatabaseUnavailable">The outcome may not have reached the database: pause, and give back what is not really held.</param>
internal readonly record struct AttemptOutcome(TimeSpan? RetryIn = null, bool DatabaseUnavailable = false);
