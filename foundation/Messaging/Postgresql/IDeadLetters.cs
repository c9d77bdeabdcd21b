namespace Wolverine.Postgresql;

/// <summary>An operator's view of the messages that could not be handled.</summary>
public interface IDeadLetters
{
    /// <summary>The dead letters, newest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="limit">At most so many, 1 to 1000.</param>
    /// <param name="after">The last one of the page before.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    Task<IReadOnlyList<DeadLetter>> ListAsync(DeadLetterFilter filter, int limit = 100, DeadLetter? after = null, CancellationToken cancellationToken = default);

    /// <summary>Puts dead letters back into their queues with a clean count of attempts. A message that is also waiting there is not doubled.</summary>
    /// <returns>How many.</returns>
    Task<int> ReplayAsync(DeadLetterFilter filter, CancellationToken cancellationToken = default);

    /// <summary>Deletes dead letters for good.</summary>
    /// <returns>How many.</returns>
    Task<int> DiscardAsync(DeadLetterFilter filter, CancellationToken cancellationToken = default);
}
