using StackExchange.Redis;

namespace ManagedOAuth.ServiceDefaults.HotStore;

/// <summary>The hot store in Redis. Keys of a service begin with its name, so that services cannot meet.</summary>
internal sealed class RedisHotStore(RedisConnection connection, ServiceName service, TimeProvider clock) : IHotStore
{
    private readonly string _prefix = $"mo:{service.Value}:";

    public Task SetAsync(string key, ReadOnlyMemory<byte> value, TimeSpan life, CancellationToken cancellation = default)
    {
        RequireLife(life);
        return connection.RunAsync(redis => redis.StringSetAsync(Key(key), value.ToArray(), life), cancellation);
    }

    public Task<bool> SetIfAbsentAsync(string key, ReadOnlyMemory<byte> value, TimeSpan life, CancellationToken cancellation = default)
    {
        RequireLife(life);
        return connection.RunAsync(redis => redis.StringSetAsync(Key(key), value.ToArray(), life, When.NotExists), cancellation);
    }

    public async Task<bool> ReplaceIfAsync(string key, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> value, CancellationToken cancellation = default) =>
        (long)await RunScriptAsync(HotStoreScripts.ReplaceIf, key, [expected.ToArray(), value.ToArray()], cancellation) == 1;

    public async Task<bool> ReplaceIfAsync(string key, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> value, TimeSpan life, CancellationToken cancellation = default)
    {
        RequireLife(life);
        return (long)await RunScriptAsync(HotStoreScripts.ReplaceIf, key, [expected.ToArray(), value.ToArray(), (long)life.TotalMilliseconds], cancellation) == 1;
    }

    public async Task<byte[]?> GetAsync(string key, CancellationToken cancellation = default) =>
        await connection.RunAsync(redis => redis.StringGetAsync(Key(key)), cancellation);

    public async Task<byte[]?> TakeAsync(string key, CancellationToken cancellation = default) =>
        (byte[]?)await RunScriptAsync(HotStoreScripts.Take, key, [], cancellation);

    public async Task<bool> TakeIfAsync(string key, ReadOnlyMemory<byte> expected, CancellationToken cancellation = default) =>
        (long)await RunScriptAsync(HotStoreScripts.TakeIf, key, [expected.ToArray()], cancellation) == 1;

    public Task DeleteAsync(string key, CancellationToken cancellation = default) =>
        connection.RunAsync(redis => redis.KeyDeleteAsync(Key(key)), cancellation);

    public async Task<WindowCount> CountAsync(string key, TimeSpan window, CancellationToken cancellation = default)
    {
        RequireLife(window);
        var answer = await NumbersAsync(HotStoreScripts.Count, key, [(long)window.TotalMilliseconds], cancellation);
        return new WindowCount(answer[0], TimeSpan.FromMilliseconds(answer[1]));
    }

    public async Task<RatePermit> AcquireAsync(string key, int permits, TimeSpan period, int burst, CancellationToken cancellation = default) =>
        await AcquireAllAsync([new Rate(key, permits, period, burst)], cancellation) is { } refused ? new RatePermit(false, refused.RetryAfter) : new RatePermit(true, TimeSpan.Zero);

    public async Task<RateRefusal?> AcquireAllAsync(IReadOnlyList<Rate> rates, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rates);
        var (keys, arguments) = (new RedisKey[rates.Count], new RedisValue[rates.Count * 2]);
        for (var i = 0; i < rates.Count; i++)
        {
            var (key, permits, period, burst) = rates[i];
            RequireLife(period);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(permits, nameof(rates));
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(burst, nameof(rates));
            var interval = Math.Max(1, (long)(period.TotalMicroseconds / permits));
            (keys[i], arguments[2 * i], arguments[(2 * i) + 1]) = (Key(key), interval, interval * (burst - 1));
        }

        var answer = (long[])(await connection.RunAsync(redis => redis.ScriptEvaluateAsync(HotStoreScripts.Acquire, keys, arguments), cancellation))!;
        return answer[0] == 0 ? null : new RateRefusal((int)answer[0] - 1, TimeSpan.FromMicroseconds(answer[1]));
    }

    public async Task<ReplayMark> MarkOnceAsync(string key, TimeSpan life, CancellationToken cancellation = default)
    {
        RequireLife(life);
        var answer = await NumbersAsync(HotStoreScripts.MarkOnce, key, [(long)Math.Ceiling(life.TotalMilliseconds)], cancellation);

        // Redis tells its age as the difference of two times that it has cut to whole seconds: up to a second too much, which would
        // put the start before the true one. A second less puts it late rather than early: the side that refuses.
        return new ReplayMark(answer[0] == 1, clock.GetUtcNow() - TimeSpan.FromSeconds(Math.Max(0, answer[1] - 1)));
    }

    private Task<RedisResult> RunScriptAsync(string script, string key, RedisValue[] arguments, CancellationToken cancellation) =>
        connection.RunAsync(redis => redis.ScriptEvaluateAsync(script, [Key(key)], arguments), cancellation);

    private async Task<long[]> NumbersAsync(string script, string key, RedisValue[] arguments, CancellationToken cancellation) =>
        (long[])await RunScriptAsync(script, key, arguments, cancellation);

    private RedisKey Key(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return _prefix + key;
    }

    // Nothing in this store is for ever, and Redis refuses ends below a millisecond.
    private static void RequireLife(TimeSpan life) => ArgumentOutOfRangeException.ThrowIfLessThan(life, TimeSpan.FromMilliseconds(1));
}
