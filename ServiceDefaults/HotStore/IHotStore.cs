namespace ManagedOAuth.ServiceDefaults.HotStore;

/// <summary>
/// What may be lost: logins in flight, codes, replay marks, counters. Every entry has an end, every operation takes at most a
/// second, and every take is atomic over all replicas. Losing the store costs a login in flight and never a grant.
/// </summary>
/// <remarks>
/// Every method throws <see cref="HotStoreUnavailableException"/> when the store does not answer. Whether the operation has
/// happened is then not known; callers answer 503, they never go on as if it had not.
/// </remarks>
public interface IHotStore
{
    /// <summary>Sets a value that ends after <paramref name="life"/>, whatever was there.</summary>
    Task SetAsync(string key, ReadOnlyMemory<byte> value, TimeSpan life, CancellationToken cancellation = default);

    /// <summary>Sets a value unless the key has one. False: it had one, which stays.</summary>
    Task<bool> SetIfAbsentAsync(string key, ReadOnlyMemory<byte> value, TimeSpan life, CancellationToken cancellation = default);

    /// <summary>Replaces the value if it is still <paramref name="expected"/>; its end stays. False: it is not, or is gone.</summary>
    Task<bool> ReplaceIfAsync(string key, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> value, CancellationToken cancellation = default);

    /// <summary>The same with another end: the value ends after <paramref name="life"/> from now.</summary>
    Task<bool> ReplaceIfAsync(string key, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> value, TimeSpan life, CancellationToken cancellation = default);

    /// <summary>The value; null when there is none.</summary>
    Task<byte[]?> GetAsync(string key, CancellationToken cancellation = default);

    /// <summary>Removes the value and returns it; of any number of simultaneous callers exactly one gets it.</summary>
    Task<byte[]?> TakeAsync(string key, CancellationToken cancellation = default);

    /// <summary>Removes the value if it is <paramref name="expected"/>. False: it is not (and stays), or is gone.</summary>
    Task<bool> TakeIfAsync(string key, ReadOnlyMemory<byte> expected, CancellationToken cancellation = default);

    /// <summary>Removes the value, if any.</summary>
    Task DeleteAsync(string key, CancellationToken cancellation = default);

    /// <summary>
    /// Counts one more in a window that begins with its first count and lasts <paramref name="window"/>: attempts at a PIN.
    /// </summary>
    Task<WindowCount> CountAsync(string key, TimeSpan window, CancellationToken cancellation = default);

    /// <summary>
    /// Asks for one of <paramref name="permits"/> per <paramref name="period"/>, spread evenly, with up to <paramref name="burst"/>
    /// at once (generic cell rate algorithm).
    /// </summary>
    Task<RatePermit> AcquireAsync(string key, int permits, TimeSpan period, int burst, CancellationToken cancellation = default);

    /// <summary>Asks for one permit of each of several rates, in one step: all are given, or none. Null = they are given.</summary>
    Task<RateRefusal?> AcquireAllAsync(IReadOnlyList<Rate> rates, CancellationToken cancellation = default);

    /// <summary>
    /// Marks something that must not come twice (a DPoP proof, a client assertion), and tells since when the store
    /// remembers: what was issued before that may have been used already and must be refused.
    /// </summary>
    Task<ReplayMark> MarkOnceAsync(string key, TimeSpan life, CancellationToken cancellation = default);
}

/// <summary>A count within a window.</summary>
/// <param name="Count">How many there were, this one included.</param>
/// <param name="EndsIn">How long the window still lasts.</param>
public readonly record struct WindowCount(long Count, TimeSpan EndsIn);

/// <summary>The answer of a rate limit.</summary>
/// <param name="IsAllowed">Whether the permit was given.</param>
/// <param name="RetryAfter">When it was not: how long until one will be free; zero otherwise.</param>
public readonly record struct RatePermit(bool IsAllowed, TimeSpan RetryAfter);

/// <summary>A rate: so many per period, spread evenly.</summary>
/// <param name="Key">What is counted.</param>
/// <param name="Permits">How many in <paramref name="Period"/>.</param>
/// <param name="Period">The period.</param>
/// <param name="Burst">How many may come at once.</param>
public readonly record struct Rate(string Key, int Permits, TimeSpan Period, int Burst);

/// <summary>One of several rates is used up.</summary>
/// <param name="Index">Which: the first of them that is.</param>
/// <param name="RetryAfter">How long until it has a permit again.</param>
public readonly record struct RateRefusal(int Index, TimeSpan RetryAfter);

/// <summary>The answer of a replay check.</summary>
/// <param name="IsFirst">Whether nobody marked it before.</param>
/// <param name="RememberedSince">The start of the store's memory; earlier marks may be lost.</param>
public readonly record struct ReplayMark(bool IsFirst, DateTimeOffset RememberedSince);
