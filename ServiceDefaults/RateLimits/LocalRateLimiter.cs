using System.Collections.Concurrent;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.ServiceDefaults.RateLimits;

/// <summary>The same algorithm as in the hot store, in this process's memory, with a bound on the subjects it remembers.</summary>
internal sealed class LocalRateLimiter(TimeProvider clock)
{
    private const int MaximumSubjects = 20_000;
    private readonly ConcurrentDictionary<string, Arrival> _arrivals = new(StringComparer.Ordinal);

    /// <summary>All are given, or none; the first that is used up otherwise.</summary>
    public RateRefusal? AcquireAll(IReadOnlyList<Rate> rates)
    {
        for (var i = 0; i < rates.Count; i++)
        {
            if (Acquire(rates[i]) is { IsAllowed: false } refused)
            {
                for (var given = 0; given < i; given++)
                {
                    GiveBack(rates[given]);
                }

                return new RateRefusal(i, refused.RetryAfter);
            }
        }

        return null;
    }

    public RatePermit Acquire(string key, RateLimit limit) => Acquire(new Rate(key, limit.Permits, limit.Period, limit.Burst));

    private RatePermit Acquire(Rate rate)
    {
        if (_arrivals.Count >= MaximumSubjects)
        {
            Forget();
        }

        var now = clock.GetTimestamp();
        var interval = Interval(rate);
        var arrival = _arrivals.GetOrAdd(rate.Key, _ => new Arrival { At = now });
        lock (arrival)
        {
            var at = Math.Max(arrival.At, now);
            var early = at - (interval * (rate.Burst - 1)) - now;
            if (early > 0)
            {
                return new RatePermit(false, clock.GetElapsedTime(0, early));
            }

            arrival.At = at + interval;
            return new RatePermit(true, TimeSpan.Zero);
        }
    }

    private void GiveBack(Rate rate)
    {
        if (_arrivals.TryGetValue(rate.Key, out var arrival))
        {
            lock (arrival)
            {
                arrival.At -= Interval(rate);
            }
        }
    }

    private long Interval(Rate rate) => Math.Max(1, (long)(rate.Period.TotalSeconds * clock.TimestampFrequency / rate.Permits));

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
