using Marten;

namespace Wolverine.Postgresql;

/// <summary>An operator's view of the messages that could not be handled.</summary>
public interface IDeadLetters
{
    /// <summary>The dead letters, newest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="limit">At most so many, 1 to 1000.</param>
    /// <param name="after">Where the last one of the page before is.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    Task<IReadOnlyList<DeadLetter>> ListAsync(DeadLetterFilter filter, int limit = 100, DeadLetterPosition? after = null, CancellationToken cancellationToken = default);

    /// <summary>Puts dead letters back into their queues with a clean count of attempts. A message that is also waiting there is not doubled.</summary>
    /// <returns>How many.</returns>
    Task<int> ReplayAsync(DeadLetterFilter filter, CancellationToken cancellationToken = default);

    /// <summary>Deletes dead letters for good.</summary>
    /// <returns>How many.</returns>
    Task<int> DiscardAsync(DeadLetterFilter filter, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="ReplayAsync"/>, in the transaction of a session, with whatever else it saves (who did it, for one).</summary>
    void Replay(IDocumentSession session, IReadOnlyCollection<DeadLetter> letters);

    /// <summary>As <see cref="DiscardAsync"/>, in the transaction of a session, with whatever else it saves.</summary>
    void Discard(IDocumentSession session, IReadOnlyCollection<DeadLetter> letters);
}
