using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.ServiceDefaults.RateLimits;
using ManagedOAuth.ServiceDefaults.Tests.HotStore;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.ServiceDefaults.Tests.RateLimits;

public class RateLimitTests
{
    private static readonly ServiceKeys s_keys = new("token");
    private static readonly RateLimit s_two = new("test", Permits: 2, TimeSpan.FromHours(1), Burst: 2);

    [Fact]
    public async Task Limit_UsedUpOverTwoReplicas_Answers429WithRetryAfterAndOAuthError()
    {
        var (redis, subject) = (await RedisServer.ConnectionStringAsync(), Guid.NewGuid().ToString());
        await using var one = await StartAsync(redis, subject);
        await using var two = await StartAsync(redis, subject);
        foreach (var replica in (TestService[])[one, two])
        {
            // It is ready without Redis too, and counts by itself then.
            await Eventually.Async(async () => (await replica.Client.GetStringAsync(new Uri("/health", UriKind.Relative))).Contains("\"redis\":\"Healthy\"", StringComparison.Ordinal));
        }

        Assert.Equal(HttpStatusCode.OK, (await one.Client.GetAsync(new Uri("/token", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await two.Client.GetAsync(new Uri("/token", UriKind.Relative))).StatusCode);
        var refused = await one.Client.GetAsync(new Uri("/token", UriKind.Relative));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Assert.True(refused.Headers.CacheControl!.NoStore);
        using var body = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
        Assert.Equal("temporarily_unavailable", body.RootElement.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Limit_RedisAway_CountsLocally()
    {
        await using var service = await StartAsync($"127.0.0.1:{FreePort.Next()},password=x", "subject", deadline: "00:00:01");
        Assert.Equal(HttpStatusCode.OK, (await service.Client.GetAsync(new Uri("/token", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await service.Client.GetAsync(new Uri("/token", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await service.Client.GetAsync(new Uri("/token", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task Limits_Several_AreAskedInOrder()
    {
        var redis = await RedisServer.ConnectionStringAsync();
        var order = new List<string>();
        await using var service = await TestService.StartAsync("token", s_keys, Build, app => app
            .MapGet("/", () => "served")
            .LimitRate(s_two with { Name = "first" }, _ => { order.Add("first"); return null; }, RateLimitResponses.Problem)
            .LimitRate(s_two with { Name = "second" }, _ => { order.Add("second"); return null; }, RateLimitResponses.Problem), Settings(redis));
        await Eventually.Async(service.IsReadyAsync);
        Assert.Equal("served", await service.Client.GetStringAsync(new Uri("/", UriKind.Relative)));
        Assert.Equal(["first", "second"], order);
    }

    [Fact]
    public void Local_SameAlgorithm_RefusesAndRecovers()
    {
        var clock = new ManualClock();
        var limiter = new LocalRateLimiter(clock);
        Assert.True(limiter.Acquire("a", s_two).IsAllowed);
        Assert.True(limiter.Acquire("a", s_two).IsAllowed);
        var refused = limiter.Acquire("a", s_two);
        Assert.Equal((false, TimeSpan.FromMinutes(30)), (refused.IsAllowed, refused.RetryAfter));
        Assert.True(limiter.Acquire("b", s_two).IsAllowed);
        clock.Advance(TimeSpan.FromMinutes(30));
        Assert.True(limiter.Acquire("a", s_two).IsAllowed);
        Assert.False(limiter.Acquire("a", s_two).IsAllowed);
    }

    [Fact]
    public void Local_Several_GivesAllOrNone()
    {
        var limiter = new LocalRateLimiter(new ManualClock());
        Rate a = new("a", 2, TimeSpan.FromHours(1), 2), b = new("b", 2, TimeSpan.FromHours(1), 1);
        Assert.Null(limiter.AcquireAll([a, b]));
        Assert.Equal(new RateRefusal(1, TimeSpan.FromMinutes(30)), limiter.AcquireAll([a, b]));
        Assert.Null(limiter.AcquireAll([a]));
        Assert.Equal(new RateRefusal(0, TimeSpan.FromMinutes(30)), limiter.AcquireAll([a, b]));
    }

    // A store that hangs is waited for once in a while, and each time no longer than was said.
    [Fact]
    public async Task Several_StoreHangs_AreCountedHere_WithoutWaitingAgain()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var address = $"127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port},password=x";
        var limiter = new RateLimiter(RedisHotStoreTests.StoreFor(() => address, deadline: TimeSpan.FromSeconds(30)), TimeProvider.System, NullLogger<RateLimiter>.Instance);
        RateDemand[] demands = [new(s_two, "a"), new(s_two with { Name = "other" }, "a")];
        var answers = new List<RateRefusal?> { await limiter.AcquireAllAsync(demands, TimeSpan.FromMilliseconds(1)) };
        for (var i = 0; i < 2; i++)
        {
            // With all the patience in the world: it is not asked again so soon.
            answers.Add(await limiter.AcquireAllAsync(demands, Timeout.InfiniteTimeSpan));
        }

        Assert.Equal([null, null, 0], answers.Select(answer => answer?.Index));
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "20010db800010002::/64")]
    [InlineData("2001:db8:1:2::1", "20010db800010002::/64")]
    public void Source_OfAnAddress_IsWhatOneClientHas(string address, string expected) =>
        Assert.Equal(expected, RateLimitSubjects.Source(IPAddress.Parse(address)));

    [Fact]
    public void Subject_OfAnyLength_BecomesAShortKey() =>
        Assert.InRange(RateLimiter.Key(s_two, new string('x', 100_000)).Length, 1, 64);

    private static void Build(WebApplicationBuilder builder)
    {
        builder.AddHotStore(required: false);
        builder.Services.AddRateLimits();
    }

    private static Dictionary<string, string?> Settings(string redis, string deadline = "00:00:30") => new() { ["ConnectionStrings:redis"] = redis, ["Redis:OperationDeadline"] = deadline };

    private static async Task<TestService> StartAsync(string redis, string subject, string deadline = "00:00:30")
    {
        var service = await TestService.StartAsync("token", s_keys, Build, app => app
            .MapGet("/token", context => context.Response.WriteAsync("served"))
            .LimitRate(s_two, _ => subject, RateLimitResponses.OAuth), Settings(redis, deadline));
        await Eventually.Async(service.IsReadyAsync);
        return service;
    }
}
