using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.ServiceDefaults.HotStore;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.ServiceDefaults.RateLimits;

/// <summary>
/// Counts requests against limits, for all replicas together in the hot store. While that is away each replica counts by
/// itself with the same limit: the total may then be as many times higher as there are replicas, but never without bound.
/// </summary>
public sealed partial class RateLimiter(IHotStore store, TimeProvider clock, ILogger<RateLimiter> logger)
{
    // After a miss those who cannot wait do not wait again for so long.
    private static readonly TimeSpan s_afterMiss = TimeSpan.FromSeconds(1);
    private readonly LocalRateLimiter _local = new(clock);
    private long _lastWarning = long.MinValue;
    private long _missedAt = long.MinValue;

    /// <summary>Asks for a permit for one subject of a limit: an address, a client, an application.</summary>
    public async ValueTask<RatePermit> AcquireAsync(RateLimit limit, string subject, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(limit);
        var key = Key(limit, subject);
        try
        {
            return await store.AcquireAsync(key, limit.Permits, limit.Period, limit.Burst, cancellation);
        }
        catch (HotStoreUnavailableException)
        {
            WarnNowAndThen();
            return _local.Acquire(key, limit);
        }
    }

    /// <summary>Asks for a permit of each of several limits at once: all are given, or none. For requests that the hot store must not hold up.</summary>
    /// <param name="demands">What is asked for.</param>
    /// <param name="patience">How long the hot store may take; after that this replica counts by itself.</param>
    /// <returns>The first that is used up; null = all are given.</returns>
    public async ValueTask<RateRefusal?> AcquireAllAsync(IReadOnlyList<RateDemand> demands, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(demands);
        var rates = new Rate[demands.Count];
        for (var i = 0; i < rates.Length; i++)
        {
            var (limit, subject) = demands[i];
            rates[i] = new Rate(Key(limit, subject), limit.Permits, limit.Period, limit.Burst);
        }

        var missed = Volatile.Read(ref _missedAt);
        if (missed == long.MinValue || clock.GetElapsedTime(missed) > s_afterMiss)
        {
            var asked = store.AcquireAllAsync(rates);
            try
            {
                return await asked.WaitAsync(patience, clock);
            }
            catch (Exception away) when (away is HotStoreUnavailableException or TimeoutException)
            {
                // Nobody waits for it any more; its late failure must not surface as an unobserved one.
                _ = asked.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                Volatile.Write(ref _missedAt, clock.GetTimestamp());
                WarnNowAndThen();
            }
        }

        return _local.AcquireAll(rates);
    }

    // The subject may be anything a client sent, of any length: what is stored is a hash of it.
    internal static string Key(RateLimit limit, string subject)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(subject), hash);
        return $"rate:{limit.Name}:{Convert.ToHexStringLower(hash[..16])}";
    }

    private void WarnNowAndThen()
    {
        var now = clock.GetTimestamp();
        var last = Volatile.Read(ref _lastWarning);
        if ((last == long.MinValue || clock.GetElapsedTime(last, now) > TimeSpan.FromSeconds(30))
            && Interlocked.CompareExchange(ref _lastWarning, now, last) == last)
        {
            Log.Local(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The hot store is away: rate limits count in this replica alone.", EventName = "RateLimitsLocal")]
        public static partial void Local(ILogger logger);
    }
}
