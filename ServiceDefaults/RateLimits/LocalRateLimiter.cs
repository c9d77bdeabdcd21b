using System.Collections.Concurrent;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.ServiceDefaults.RateLimits;

/// <summary>The same algorithm as in the hot store, in this process's memory, with a bound on the subjects it remembers.</summary>
internal sealed class LocalRateLimiter(TimeProvider clock)
{
    private const int MaximumSubjects = 20_000;
    private readonly ConcurrentDictionary<string, Arrival> _arrivals = new(StringComparer.Ordinal);

    public RatePermit Acquire(string key, RateLimit limit)
    {
        if (_arrivals.Count >= MaximumSubjects)
        {
            Forget();
        }

        var now = clock.GetTimestamp();
        var interval = Math.Max(1, (long)(limit.Period.TotalSeconds * clock.TimestampFrequency / limit.Permits));
        var arrival = _arrivals.GetOrAdd(key, _ => new Arrival { At = now });
        lock (arrival)
        {
            var at = Math.Max(arrival.At, now);
            var early = at - (interval * (limit.Burst - 1)) - now;
            if (early > 0)
            {
                return new RatePermit(false, clock.GetElapsedTime(0, early));
            }

            arrival.At = at + interval;
            return new RatePermit(true, TimeSpan.Zero);
        }
    }

    // Those whose time has passed have all their permits back, so forgetting them changes nothing. If that is not enough,
    // a flood of fresh subjects is going on: starting anew gives each of them one more burst, the memory stays bounded.
    private void Forget()
    {
        var now = clock.GetTimestamp();
        foreach (var (key, arrival) in _arrivals)
        {
            if (arrival.At <= now)
            {
                _arrivals.TryRemove(key, out _);
            }
        }

        if (_arrivals.Count >= MaximumSubjects)
        {
            _arrivals.Clear();
        }
    }

    private sealed class Arrival
    {
        public long At { get; set; }
    }
}
