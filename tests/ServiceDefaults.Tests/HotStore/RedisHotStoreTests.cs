using System.Text;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.ServiceDefaults.Tests.HotStore;

public class RedisHotStoreTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private readonly string _key = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Set_Get_Delete_RoundTrip()
    {
        var store = await StoreAsync();
        Assert.Null(await store.GetAsync(_key));
        await store.SetAsync(_key, Bytes("one"), s_minute);
        Assert.Equal("one", Text(await store.GetAsync(_key)));
        await store.DeleteAsync(_key);
        Assert.Null(await store.GetAsync(_key));
    }

    [Fact]
    public async Task Set_AfterItsLife_IsGone()
    {
        var store = await StoreAsync();
        await store.SetAsync(_key, Bytes("one"), TimeSpan.FromMilliseconds(50));
        await Eventually.Async(async () => await store.GetAsync(_key) is null);
    }

    [Fact]
    public async Task SetIfAbsent_Present_KeepsTheFirst()
    {
        var store = await StoreAsync();
        Assert.True(await store.SetIfAbsentAsync(_key, Bytes("one"), s_minute));
        Assert.False(await store.SetIfAbsentAsync(_key, Bytes("two"), s_minute));
        Assert.Equal("one", Text(await store.GetAsync(_key)));
    }

    [Fact]
    public async Task Take_FiftyAtOnce_OneGetsIt()
    {
        var store = await StoreAsync();
        await store.SetAsync(_key, Bytes("code"), s_minute);
        var taken = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => store.TakeAsync(_key))));
        Assert.Equal("code", Text(Assert.Single(taken, value => value is not null)));
        Assert.Null(await store.GetAsync(_key));
    }

    [Fact]
    public async Task TakeIf_AnotherValue_LeavesIt()
    {
        var store = await StoreAsync();
        await store.SetAsync(_key, Bytes("one"), s_minute);
        Assert.False(await store.TakeIfAsync(_key, Bytes("two")));
        Assert.True(await store.TakeIfAsync(_key, Bytes("one")));
        Assert.False(await store.TakeIfAsync(_key, Bytes("one")));
    }

    [Fact]
    public async Task ReplaceIf_Expected_ReplacesAndKeepsItsEnd()
    {
        var store = await StoreAsync();
        await SeenBeforeItsEndAsync(store, async life =>
        {
            await store.SetAsync(_key, Bytes("one"), life);
            Assert.False(await store.ReplaceIfAsync(_key, Bytes("two"), Bytes("three")));
            return await store.ReplaceIfAsync(_key, Bytes("one"), Bytes("two"));
        });
        await Eventually.Async(async () => await store.GetAsync(_key) is null);
        Assert.False(await store.ReplaceIfAsync(_key, Bytes("two"), Bytes("three")));
    }

    [Fact]
    public async Task ReplaceIf_WithALife_PutsTheEndOff()
    {
        var store = await StoreAsync();
        await SeenBeforeItsEndAsync(store, async life =>
        {
            await store.SetAsync(_key, Bytes("one"), s_minute);
            Assert.False(await store.ReplaceIfAsync(_key, Bytes("two"), Bytes("three"), TimeSpan.FromMilliseconds(1)));
            return await store.ReplaceIfAsync(_key, Bytes("one"), Bytes("two"), life);
        });
        await Eventually.Async(async () => await store.GetAsync(_key) is null);
    }

    [Fact]
    public async Task Count_WithinWindow_CountsAndEnds()
    {
        var store = await StoreAsync();
        Assert.Equal(1, (await store.CountAsync(_key, s_minute)).Count);
        var second = await store.CountAsync(_key, s_minute);
        Assert.Equal(2, second.Count);
        Assert.InRange(second.EndsIn, TimeSpan.FromSeconds(1), s_minute);
    }

    [Fact]
    public async Task Acquire_BurstUsedUp_SaysWhen()
    {
        var store = await StoreAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.True((await store.AcquireAsync(_key, permits: 6, TimeSpan.FromHours(1), burst: 3)).IsAllowed);
        }

        var refused = await store.AcquireAsync(_key, permits: 6, TimeSpan.FromHours(1), burst: 3);
        Assert.False(refused.IsAllowed);
        Assert.InRange(refused.RetryAfter, TimeSpan.FromMinutes(8), TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task Acquire_AfterAnInterval_GivesOneMore()
    {
        var store = await StoreAsync();
        Assert.True((await store.AcquireAsync(_key, permits: 10, TimeSpan.FromSeconds(1), burst: 1)).IsAllowed);
        await Eventually.Async(async () => (await store.AcquireAsync(_key, permits: 10, TimeSpan.FromSeconds(1), burst: 1)).IsAllowed);
    }

    [Fact]
    public async Task AcquireAll_GivesAllOrNone_AndNamesTheFirstThatIsUsedUp()
    {
        var store = await StoreAsync();
        Rate Of(string name, int burst) => new(_key + name, 6, TimeSpan.FromHours(1), burst);
        Assert.Null(await store.AcquireAllAsync([Of("a", 2), Of("b", 1)]));
        for (var i = 0; i < 3; i++)
        {
            var refused = await store.AcquireAllAsync([Of("a", 2), Of("b", 1)]);
            Assert.Equal(1, refused!.Value.Index);
            Assert.InRange(refused.Value.RetryAfter, TimeSpan.FromMinutes(8), TimeSpan.FromMinutes(10));
        }

        Assert.Null(await store.AcquireAllAsync([Of("a", 2)]));
        Assert.Equal(0, (await store.AcquireAllAsync([Of("a", 2), Of("b", 1)]))!.Value.Index);
    }

    [Fact]
    public async Task MarkOnce_SecondTime_IsNotFirst_AndTellsSinceWhenItRemembers()
    {
        var store = await StoreAsync();
        var first = await store.MarkOnceAsync(_key, s_minute);
        Assert.True(first.IsFirst);
        Assert.InRange(first.RememberedSince, DateTimeOffset.UtcNow.AddHours(-24), DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.False((await store.MarkOnceAsync(_key, s_minute)).IsFirst);
    }

    [Fact]
    public async Task Keys_OfTwoServices_DoNotMeet()
    {
        var (one, two) = (await StoreAsync("token"), await StoreAsync("authorization-server"));
        await one.SetAsync(_key, Bytes("one"), s_minute);
        Assert.Null(await two.GetAsync(_key));
    }

    [Fact]
    public async Task Set_WithoutAnEnd_IsRefused()
    {
        var store = await StoreAsync();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.SetAsync(_key, Bytes("one"), TimeSpan.Zero));
    }

    // Puts "two" there and sees it before its life is over. A machine that stood still for so long does it again with a longer one.
    private async Task SeenBeforeItsEndAsync(IHotStore store, Func<TimeSpan, Task<bool>> put)
    {
        var life = TimeSpan.FromSeconds(1.5);
        while (!await put(life) || await store.GetAsync(_key) is not { } seen || Text(seen) != "two")
        {
            Assert.True(life < s_minute / 2, "It is never seen.");
            life *= 2;
        }
    }

    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static string? Text(byte[]? value) => value is null ? null : Encoding.UTF8.GetString(value);

    internal static RedisHotStore StoreFor(Func<string> connectionString, string service = "token", TimeSpan? deadline = null) => new(
        new RedisConnection(connectionString, TimeProvider.System, NullLogger<RedisConnection>.Instance, deadline ?? new HotStoreOptions().OperationDeadline),
        new ServiceName(service), TimeProvider.System);

    // What is tested here is what the operations do: on a busy machine that may take longer than a service would wait.
    private static async Task<IHotStore> StoreAsync(string service = "token")
    {
        var connectionString = await RedisServer.ConnectionStringAsync();
        return StoreFor(() => connectionString, service, TimeSpan.FromSeconds(30));
    }
}
