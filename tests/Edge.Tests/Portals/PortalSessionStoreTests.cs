using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Two replicas with different memories, and a Redis that has lost its own.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalSessionStoreTests
{
    private static readonly Guid s_portal = Guid.NewGuid();
    private static readonly PortalPrincipal s_user = new(Guid.NewGuid(), null);
    private readonly Clock _clock = new();
    private readonly IHotStore _redis;
    private readonly PortalSessionStore _first;
    private readonly PortalSessionStore _second;

    public PortalSessionStoreTests(World world)
    {
        _redis = world.Edge.Get<IHotStore>();
        _first = new PortalSessionStore(_redis, _clock, NullLogger<PortalSessionStore>.Instance);
        _second = new PortalSessionStore(_redis, _clock, NullLogger<PortalSessionStore>.Instance);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NewerState_WinsOverAnOlderOneThatWasRestoredFirst(bool isByTheKeeper)
    {
        var (id, session) = await BeginAsync();
        await _first.ChangeAsync(id, session with { SwitchedOff = ["things"] }, default);
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
    public async Task ChangeElsewhere_IsNotTakenBack_ThoughAClockIsSlow()
    {
        var (id, session) = await BeginAsync();
        await _first.ChangeAsync(id, session with { SwitchedOff = ["things"] }, default);
        _clock.Now += TimeSpan.FromSeconds(2);
        var seen = (await FindAsync(_second, id))!;
        _clock.Now -= TimeSpan.FromMinutes(1);
        await _second.ChangeAsync(id, seen with { SwitchedOff = [] }, default);
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

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
