using ManagedOAuth.Config.Objects;
using Marten;
using Marten.Events;
using Wolverine.Postgresql;

namespace ManagedOAuth.Config.DeadLetters;

/// <summary>
/// Replays and discards dead letters of every service: their table is in the schema that all services share. What is done, and the event that says who
/// did it, are one transaction. It is saved as a change of the configuration is, because every event of this service is written under that lock.
/// </summary>
public sealed class DeadLetterActions(IDeadLetters letters, ConfigurationWriter writer, IDocumentStore store)
{
    /// <summary>Most letters of one action.</summary>
    public const int MostAtOnce = 500;

    /// <summary>The events of actions.</summary>
    private static readonly Type[] s_events = [typeof(DeadLettersReplayed), typeof(DeadLettersDiscarded)];

    /// <summary>Puts letters back into their queues.</summary>
    /// <returns>How many, and whether there are more that the filter selects.</returns>
    public Task<(int Count, bool More)> ReplayAsync(DeadLetterFilter filter, CancellationToken ct)
        => RunAsync(filter, letters.Replay, named => new DeadLettersReplayed(named), ct);

    /// <summary>Deletes letters for good.</summary>
    /// <inheritdoc cref="ReplayAsync"/>
    public Task<(int Count, bool More)> DiscardAsync(DeadLetterFilter filter, CancellationToken ct)
        => RunAsync(filter, letters.Discard, named => new DeadLettersDiscarded(named), ct);

    /// <summary>What was done, newest first.</summary>
    public async Task<EventPage> HistoryAsync(long? after, int size, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        return await session.Events.QueryEventsAsync(new EventQuery { EventTypes = s_events, After = after, PageSize = size, Descending = true }, ct);
    }

    private async Task<(int Count, bool More)> RunAsync(
        DeadLetterFilter filter, Action<IDocumentSession, IReadOnlyCollection<DeadLetter>> act, Func<IReadOnlyList<NamedLetter>, object> say, CancellationToken ct)
    {
        await using var change = await writer.BeginAsync(ct);
        var found = await letters.ListAsync(filter, MostAtOnce + 1, cancellationToken: ct);
        if (found.Count == 0)
        {
            return (0, false);
        }

        var chosen = found.Take(MostAtOnce).ToList();
        act(change.Session, chosen);
        change.Session.Events.StartStream(Guid.CreateVersion7(), say([.. chosen.Select(letter => new NamedLetter(letter.Id, letter.Receiver, letter.MessageType, letter.Reason))]));
        await writer.SaveAsync(change, ct);
        return (chosen.Count, found.Count > chosen.Count);
    }
}
