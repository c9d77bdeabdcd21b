namespace ManagedOAuth.ServiceDefaults.HotStore;

/// <summary>What must be one step for everybody: Redis runs each script alone.</summary>
internal static class HotStoreScripts
{
    public const string Take = """
        local value = redis.call('get', KEYS[1])
        if value then redis.call('del', KEYS[1]) end
        return value
        """;

    public const string TakeIf = """
        if redis.call('get', KEYS[1]) == ARGV[1] then
          redis.call('del', KEYS[1])
          return 1
        end
        return 0
        """;

    public const string ReplaceIf = """
        if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
        local left = tonumber(ARGV[3]) or redis.call('pttl', KEYS[1])
        if left <= 0 then return 0 end
        redis.call('set', KEYS[1], ARGV[2], 'px', left)
        return 1
        """;

    // A counter without an end would lock its subject out for ever, so a missing end is repaired.
    public const string Count = """
        local count = redis.call('incr', KEYS[1])
        local left = redis.call('pttl', KEYS[1])
        if left < 0 then
          redis.call('pexpire', KEYS[1], ARGV[1])
          left = tonumber(ARGV[1])
        end
        return {count, left}
        """;

    // Generic cell rate algorithm: each key holds the theoretical arrival time in microseconds of the server's clock, so
    // that replicas with different clocks count alike. ARGV, for each key: microseconds between permits, tolerance in
    // microseconds. Nothing is written before all of them are known to have a permit.
    public const string Acquire = """
        local time = redis.call('time')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local arrivals = {}
        for i, key in ipairs(KEYS) do
          local arrival = tonumber(redis.call('get', key) or now)
          if arrival < now then arrival = now end
          local early = arrival - tonumber(ARGV[2 * i]) - now
          if early > 0 then return {i, early} end
          arrivals[i] = arrival + tonumber(ARGV[2 * i - 1])
        end
        for i, key in ipairs(KEYS) do
          redis.call('set', key, string.format('%.0f', arrivals[i]), 'px', math.ceil((arrivals[i] - now) / 1000) + 1)
        end
        return {0, 0}
        """;

    // The age of the server's process comes with the answer: marks from before its start may be gone.
    public const string MarkOnce = """
        local first = redis.call('set', KEYS[1], '1', 'nx', 'px', ARGV[1])
        local age = string.match(redis.call('info', 'server'), 'uptime_in_seconds:(%d+)')
        return {first and 1 or 0, tonumber(age)}
        """;
}
