using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Edge.Portals;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Two replicas with different memories, and a Redis that has lost its own.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalSessionStoreTests
{
    private static readonly Guid s_portal = Guid.NewGuid();
    private static readonly PortalPrincipal s_user = new(Guid.NewGuid(), null);
    private static readonly IOptions<PortalOptions> s_options = Options.Create(new PortalOptions { SessionsPerUser = 3 });
    private readonly Clock _clock = new();
    private readonly IHotStore _redis;
    private readonly PortalSessionStore _first;
    private readonly PortalSessionStore _second;

    public PortalSessionStoreTests(World world)
    {
        _redis = world.Edge.Get<IHotStore>();
        _first = new PortalSessionStore(_redis, s_options, _clock, NullLogger<PortalSessionStore>.Instance);
        _second = new PortalSessionStore(_redis, s_options, _clock, NullLogger<PortalSessionStore>.Instance);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NewerState_WinsOverAnOlderOneThatWasRestoredFirst(bool isByTheKeeper)
    {
        var (id, session) = await BeginAsync();
        await _first.ChangeAsync(id, session, now => now with { SwitchedOff = ["things"] }, default);
        await ForgetAsync(id);
        await _second.RestoreAsync(default);
        _clock.Now += TimeSpan.FromSeconds(2);
        if (isByTheKeeper)
        {
            await _first.RestoreAsync(default);
        }
        else
        {
            Assert.Equal(["things"], (await FindAsync(_first, id))!.SwitchedOff);
        }

        Assert.Equal(["things"], (await FindAsync(_second, id))!.SwitchedOff);
    }

    [Fact]
    public async Task OneSessionTooMany_EndsTheOneThatWasSilentForLongest()
    {
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add((await BeginAsync()).Id);
            _clock.Now += TimeSpan.FromSeconds(2);
        }

        Assert.NotNull(await FindAsync(_first, ids[0]));
        _clock.Now += TimeSpan.FromSeconds(2);
        ids.Add((await BeginAsync()).Id);
        foreach (var store in new[] { _first, _second })
        {
            var live = await Task.WhenAll(ids.Select(async id => await FindAsync(store, id) is not null));
            Assert.Equal([true, false, true, true], live);
        }
    }

    [Fact]
    public async Task ChangeElsewhere_IsNotTakenBack_ThoughAClockIsSlow()
    {
        var (id, session) = await BeginAsync();
        await _first.ChangeAsync(id, session, now => now with { SwitchedOff = ["things"] }, default);
        _clock.Now += TimeSpan.FromSeconds(2);
        var seen = (await FindAsync(_second, id))!;
        _clock.Now -= TimeSpan.FromMinutes(1);
        await _second.ChangeAsync(id, seen, now => now with { SwitchedOff = [] }, default);
        _clock.Now += TimeSpan.FromMinutes(2);
        Assert.Empty((await FindAsync(_first, id))!.SwitchedOff);
        Assert.Empty((await FindAsync(_second, id))!.SwitchedOff);
    }

    [Fact]
    public async Task EndedSession_StaysEnded()
    {
        var (id, _) = await BeginAsync();
        await _first.EndAsync(id, default);
        await ForgetAsync(id);
        await _second.RestoreAsync(default);
        await _first.RestoreAsync(default);
        _clock.Now += TimeSpan.FromSeconds(2);
        Assert.Null(await FindAsync(_second, id));
        Assert.Null(await FindAsync(_first, id));

        // The second has learnt it, and the first is gone.
        await ForgetAsync(id);
        await _second.RestoreAsync(default);
        Assert.Equal(0, (await _redis.GetAsync(KeyOf(id)))?.Length);
    }

    [Fact]
    public async Task SilentSession_IsOverAfterADay_AndNoReplicaBringsItBack()
    {
        var (id, _) = await BeginAsync();
        _clock.Now += PortalSession.Idle + TimeSpan.FromSeconds(1);
        await ForgetAsync(id); // Its life in Redis was a day as well.
        await _first.RestoreAsync(default);
        await _second.RestoreAsync(default);
        Assert.Null(await FindAsync(_first, id));
        Assert.Null(await FindAsync(_second, id));
    }

    [Fact]
    public async Task UsedSession_LastsForAnotherDay_InRedisToo()
    {
        var (id, _) = await BeginAsync();
        using var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(await RedisServer.ConnectionStringAsync());
        for (var day = 0; day < 3; day++)
        {
            _clock.Now += PortalSession.Idle - TimeSpan.FromMinutes(1);
            Assert.True(await redis.GetDatabase().KeyExpireAsync("mo:edge:" + KeyOf(id), TimeSpan.FromMinutes(1)));
            Assert.NotNull(await FindAsync(_first, id));
            var life = await redis.GetDatabase().KeyTimeToLiveAsync("mo:edge:" + KeyOf(id));
            Assert.True(life > PortalSession.Idle - TimeSpan.FromMinutes(5), $"day {day}: {life}");
        }
    }

    // Each use after ten minutes writes it again, so that it lives on.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RenewedSession_ThatWasEndedOrChangedElsewhereAtThisMoment_StaysSo(bool isEnded)
    {
        var (id, session) = await BeginAsync();
        var late = new PortalSessionStore(AfterReading.Of(_redis, async () =>
        {
            if (isEnded)
            {
                await _first.EndAsync(id, default);
            }
            else
            {
                await _first.ChangeAsync(id, session, now => now with { SwitchedOff = ["things"] }, default);
            }
        }), s_options, _clock, NullLogger<PortalSessionStore>.Instance);
        var found = await FindAsync(late, id);
        Assert.True(isEnded ? found is null : found!.SwitchedOff is ["things"]);
        _clock.Now += TimeSpan.FromSeconds(2);
        foreach (var replica in new[] { late, _first, _second })
        {
            found = await FindAsync(replica, id);
            Assert.True(isEnded ? found is null : found!.SwitchedOff is ["things"]);
        }
    }

    [Fact]
    public async Task TwoChangesOfOneMoment_BothStay_AndNoneBringsAnEndedSessionBack()
    {
        var (id, session) = await BeginAsync();
        await _first.ChangeAsync(id, session, now => now with { SwitchedOff = [.. now.SwitchedOff, "one"] }, default);
        await _second.ChangeAsync(id, session, now => now with { LogLevel = "error" }, default);
        _clock.Now += TimeSpan.FromSeconds(2);
        var found = (await FindAsync(_first, id))!;
        Assert.Equal(("one", "error"), (Assert.Single(found.SwitchedOff), found.LogLevel));
        await _first.EndAsync(id, default);
        Assert.Null(await _second.ChangeAsync(id, session, now => now with { LogLevel = "info" }, default));
        Assert.Null(await FindAsync(_second, id));
    }

    // Both replicas have served it.
    private async Task<(string Id, PortalSession Session)> BeginAsync()
    {
        var (id, session) = await _first.CreateAsync(new PortalSession { ApplicationId = s_portal, Principal = s_user.Key, Revision = "2025-11-25" }, default);
        Assert.NotNull(await FindAsync(_second, id));
        return (id, session);
    }

    private static async Task<PortalSession?> FindAsync(PortalSessionStore store, string id) => await store.FindAsync(id, s_portal, s_user, default);

    private Task ForgetAsync(string id) => _redis.DeleteAsync(KeyOf(id));

    private static string KeyOf(string id) => "portal:session:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    // Redis, between whose first answer and the reader something happens.
#pragma warning disable CA1852 // The proxy inherits it.
    internal class AfterReading : DispatchProxy
#pragma warning restore CA1852
    {
        private IHotStore _inner = null!;
        private Func<Task>? _once;

        public static IHotStore Of(IHotStore inner, Func<Task> once)
        {
            var store = Create<IHotStore, AfterReading>();
            ((AfterReading)(object)store)._inner = inner;
            ((AfterReading)(object)store)._once = once;
            return store;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var answer = targetMethod!.Invoke(_inner, args);
            return answer is Task<byte[]?> reading && Interlocked.Exchange(ref _once, null) is { } once ? ReadAsync(reading, once) : answer;
        }

        private static async Task<byte[]?> ReadAsync(Task<byte[]?> reading, Func<Task> once)
        {
            var read = await reading;
            await once();
            return read;
        }
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
