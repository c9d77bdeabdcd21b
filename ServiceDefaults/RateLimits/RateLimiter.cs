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
    private readonly LocalRateLimiter _local = new(clock);
    private long _lastWarning = long.MinValue;

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
