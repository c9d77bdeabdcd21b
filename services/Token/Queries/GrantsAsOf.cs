using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Token.Grants;
using Marten;
using Marten.Events;

namespace ManagedOAuth.Token.Queries;

/// <summary>Grants as they were: folded from what had happened up to a time.</summary>
public static class GrantsAsOf
{
    // The database stamps an event when it is saved; the event tells the time of the service that decided it. The two clocks differ by less than this.
    private static readonly TimeSpan s_clocks = TimeSpan.FromMinutes(5);

    /// <summary>One grant at a time.</summary>
    /// <param name="session">Reads.</param>
    /// <param name="id">The grant.</param>
    /// <param name="at">The time, not in the future.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null when there was no such grant at that time.</returns>
    public static async Task<Grant?> FoldAsync(IQuerySession session, Guid id, DateTimeOffset at, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        var events = await session.Events.FetchStreamAsync(id, timestamp: at + s_clocks, ct: cancellation);
        return session.Events.Aggregate<Grant>(UpTo(events, at));
    }

    /// <summary>The events of one grant that had happened at a time: by the times that they tell, which are those that lists and filters know.</summary>
    public static IEnumerable<IEvent> UpTo(IEnumerable<IEvent> events, DateTimeOffset at)
    {
        var order = Grant.OrderOf(at);
        return events.Where(entry => Grant.OrderOf(TimeOf(entry)) <= order);
    }

    private static DateTimeOffset TimeOf(IEvent entry) => entry.Data switch
    {
        GrantIssued issued => issued.IssuedAt,
        GrantRefreshed refreshed => refreshed.RefreshedAt,
        GrantIdentityChanged changed => changed.ChangedAt,
        IGrantEnd end => end.EndedAt,
        _ => entry.Timestamp,
    };
}
