using ManagedOAuth.Edge.Routing;
using ManagedOAuth.ServiceDefaults.Snapshots;

namespace ManagedOAuth.Edge.Feeds;

/// <summary>
/// How old what the edge knows may be: the age of the last successful database read that a feed told of, of whichever feed is older.
/// </summary>
internal sealed class Freshness(RouteTableSource routes, IConfigurationSnapshots configuration, TimeProvider clock)
{
    private Reading? _revocations;

    /// <summary>The revocation feed told of a successful read.</summary>
    public void RevocationsRead(DateTimeOffset at)
    {
        // Replicas answer in turns and their clocks differ a little: time does not run backwards here.
        if (Volatile.Read(ref _revocations) is not { } known || at > known.At)
        {
            Volatile.Write(ref _revocations, new Reading(at, clock.GetTimestamp()));
        }
    }

    /// <summary>Both feeds have told everything at least once.</summary>
    public bool IsComplete => configuration.IsLoaded && Volatile.Read(ref _revocations) is not null;

    /// <summary>The age of the older source; the longest possible when there is none.</summary>
    public TimeSpan Age
    {
        get
        {
            if (Volatile.Read(ref _revocations) is not { } read)
            {
                return TimeSpan.MaxValue;
            }

            // Never less than what has passed here since it was told: a clock elsewhere that runs ahead must not make us feel fresh.
            var byWall = clock.GetUtcNow() - read.At;
            var bySelf = clock.GetElapsedTime(read.ReceivedAt);
            var revocations = byWall > bySelf ? byWall : bySelf;
            var configured = configuration.Staleness;
            return revocations > configured ? revocations : configured;
        }
    }

    /// <summary>Whether token-bearing requests can no longer be decided. What was never known is never served.</summary>
    public bool IsStale
    {
        get
        {
            var table = routes.Current;
            return table is null || !IsComplete || (!table.ServesStale && Age > table.StalenessLimit);
        }
    }

    private sealed record Reading(DateTimeOffset At, long ReceivedAt);
}
