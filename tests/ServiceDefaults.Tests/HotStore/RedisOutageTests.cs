using System.Diagnostics;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Testing;

namespace ManagedOAuth.ServiceDefaults.Tests.HotStore;

public class RedisOutageTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Operation_NobodyListens_IsUnavailable()
    {
        var store = RedisHotStoreTests.StoreFor(() => $"127.0.0.1:{FreePort.Next()},password=x");
        await Assert.ThrowsAsync<HotStoreUnavailableException>(() => store.GetAsync("k"));
    }

    [Fact]
    public async Task Operation_WrongPassword_IsUnavailable()
    {
        var right = await RedisServer.ConnectionStringAsync();
        var store = RedisHotStoreTests.StoreFor(() => right[..right.IndexOf(',', StringComparison.Ordinal)] + ",password=wrong");
        await Assert.ThrowsAsync<HotStoreUnavailableException>(() => store.GetAsync("k"));
    }

    [Fact]
    public async Task Restart_EmptyServer_WorksAgain_ScriptsIncluded_AndForgetsEarlierMarks()
    {
        await using var redis = await RedisServer.StartPrivateAsync();
        var store = RedisHotStoreTests.StoreFor(() => redis.ConnectionString, deadline: TimeSpan.FromSeconds(30));
        await Eventually.Async(() => TryAsync(() => store.SetAsync("k", RedisHotStoreTests.Bytes("v"), s_minute)));
        Assert.NotNull(await store.TakeAsync("k"));
        Assert.True((await store.MarkOnceAsync("proof", s_minute)).IsFirst);

        await redis.KillAsync();
        await Assert.ThrowsAsync<HotStoreUnavailableException>(() => store.TakeAsync("k"));
        var stopped = DateTimeOffset.UtcNow;
        await redis.StartAsync();

        await Eventually.Async(() => TryAsync(() => store.TakeAsync("k")));
        var after = await store.MarkOnceAsync("proof", s_minute);
        Assert.True(after.IsFirst);
        Assert.True(after.RememberedSince >= stopped, $"The memory begins at {after.RememberedSince:O}, but the server was still down at {stopped:O}.");
    }

    [Fact]
    public async Task Hang_WithoutReset_FailsFastAndHeals()
    {
        await using var redis = await RedisServer.StartPrivateAsync();
        var store = RedisHotStoreTests.StoreFor(() => redis.ConnectionString);
        await Eventually.Async(() => TryAsync(() => store.SetAsync("k", RedisHotStoreTests.Bytes("v"), s_minute)));
        await SignalAsync(redis.ProcessId!.Value, "STOP");
        try
        {
            // The first ones wait for their deadline, the ones after that are refused without waiting: for a moment, which a busy machine may miss.
            await Eventually.Async(async () =>
            {
                await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Assert.ThrowsAsync<HotStoreUnavailableException>(() => store.GetAsync("k"))));
                var refused = store.GetAsync("k");
                var isAtOnce = refused.IsFaulted;
                await Assert.ThrowsAsync<HotStoreUnavailableException>(() => refused);
                return isAtOnce;
            });
        }
        finally
        {
            await SignalAsync(redis.ProcessId!.Value, "CONT");
        }

        await Eventually.Async(async () => RedisHotStoreTests.Text(await store.GetAsync("k")) == "v");
    }

    [Fact]
    public async Task Hang_ForLong_ReplacesTheConnection()
    {
        await using var redis = await RedisServer.StartPrivateAsync();
        await using var other = await RedisServer.StartPrivateAsync();
        var address = redis.ConnectionString;
        var store = RedisHotStoreTests.StoreFor(() => address);
        await Eventually.Async(() => TryAsync(() => store.SetAsync("k", RedisHotStoreTests.Bytes("v"), s_minute)));
        await SignalAsync(redis.ProcessId!.Value, "STOP");
        try
        {
            // A half-open connection never comes back by itself; the new one is made to where the name leads now.
            address = other.ConnectionString;
            await Eventually.Async(() => TryAsync(() => store.SetAsync("k", RedisHotStoreTests.Bytes("w"), s_minute)), TimeSpan.FromSeconds(60));
        }
        finally
        {
            await SignalAsync(redis.ProcessId!.Value, "CONT");
        }
    }

    private static async Task<bool> TryAsync(Func<Task> operation)
    {
        try
        {
            await operation();
            return true;
        }
        catch (HotStoreUnavailableException)
        {
            return false;
        }
    }

    private static async Task SignalAsync(int process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
