namespace ManagedOAuth.ServiceDefaults.RateLimits;

/// <summary>A limit of a public endpoint.</summary>
/// <param name="Name">Stable name; limits of one name share their counters over all endpoints and replicas of a service.</param>
/// <param name="Permits">How many requests in <paramref name="Period"/>, spread evenly.</param>
/// <param name="Period">The period.</param>
/// <param name="Burst">How many may come at once.</param>
public sealed record RateLimit(string Name, int Permits, TimeSpan Period, int Burst)
{
    /// <summary>So many per minute, all of them at once if need be.</summary>
    public static RateLimit PerMinute(string name, int permits) => new(name, permits, TimeSpan.FromMinutes(1), permits);
}

/// <summary>One of several limits that are asked at once.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Subject">For whom.</param>
public readonly record struct RateDemand(RateLimit Limit, string Subject);
