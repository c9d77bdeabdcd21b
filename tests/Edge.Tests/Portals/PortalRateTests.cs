using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What one user, one tool and one server are held to, and that nobody else pays for it (attack M24).</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalRateTests(World world) : IAsyncLifetime
{
    private const string Read = """{"name":"things_read"}""";
    private const string Wait = """{"name":"things_long"}""";
    private const int RateLimited = -32005;
    private readonly LongTool _long = new();
    private McpUpstream _upstream = null!;
    private PortalHarness _portal = null!;

    public async Task InitializeAsync()
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless: true, upstream =>
        {
            upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
            upstream.Tools.Add(McpServerTool.Create(() => "other", new() { Name = "other" }));
            upstream.Tools.Add(_long.Create());
        });
        _portal = await PortalHarness.CreateAsync(world, $"rate-{Guid.NewGuid():N}.test");
        await _portal.AddAsync("things", _upstream);
        await _portal.AddAsync("others", _upstream);
    }

    public async Task DisposeAsync()
    {
        _long.Release();
        await _portal.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("UserCallsPerToolAndMinute", true, true, "of this tool")]
    [InlineData("UserCallsPerServerAndMinute", false, true, "of yours in a minute at this server")]
    [InlineData("ServerCallsPerMinute", false, false, "calls in a minute at this server")]
    public async Task Calls_AreLimited_ForWhatTheLimitIsOf(string setting, bool otherToolIsFree, bool otherUserIsFree, string explanation)
    {
        await using var edge = await _portal.StartEdgeAsync(settings: new KeyValuePair<string, string?>("Edge:Portals:" + setting, "20"));
        _portal.Port = edge.Port;
        var (alice, bob) = (_portal.Token(), _portal.Token("bob@example.com"));
        var refused = await UntilRefusedAsync(alice, Read, 200);
        Assert.Contains(explanation, refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.InRange(refused.Json.GetProperty("error").GetProperty("data").GetProperty("retry_after").GetInt32(), 1, 60);

        // Far fewer than a share of their own would allow.
        Assert.Equal(otherToolIsFree, await TakesAsync(alice, """{"name":"things_other"}"""));
        Assert.Equal(otherUserIsFree, await TakesAsync(bob, Read));
        Assert.True(await TakesAsync(alice, """{"name":"others_read"}"""));
    }

    [Fact]
    public async Task Limit_HoldsOverAllEdges_AndWithoutRedisAtEachOfThem()
    {
        var setting = new KeyValuePair<string, string?>("Edge:Portals:UserCallsPerToolAndMinute", "20");
        await using var first = await _portal.StartEdgeAsync(settings: setting);
        await using var second = await _portal.StartEdgeAsync(settings: setting);
        await using var alone = await _portal.StartEdgeAsync(redis: $"127.0.0.1:{FreePort.Next()},password=x", settings: setting);
        var alice = _portal.Token();
        _portal.Port = first.Port;
        await UntilRefusedAsync(alice, Read, 200);

        // One comes back every three seconds: far fewer than a share of its own would be.
        _portal.Port = second.Port;
        await UntilRefusedAsync(alice, Read, 15);

        // It knows nothing of the others, and refuses nobody for what they might have counted.
        _portal.Port = alone.Port;
        Assert.True(await TakesAsync(alice, Read));
        await UntilRefusedAsync(alice, Read, 200);
    }

    [Theory]
    [InlineData("ConcurrentCallsPerUserAndServer", true)]
    [InlineData("ConcurrentCallsPerServer", false)]
    public async Task CallsAtTheSameTime_AreLimited_UntilOneEnds(string setting, bool otherUserIsFree)
    {
        await using var edge = await _portal.StartEdgeAsync(settings: new KeyValuePair<string, string?>("Edge:Portals:" + setting, "2"));
        _portal.Port = edge.Port;
        var (alice, bob) = (_portal.Token(), _portal.Token("bob@example.com"));
        var held = new[] { _portal.RpcAsync(alice, null, "tools/call", Wait), _portal.RpcAsync(alice, null, "tools/call", Wait) };
        await Eventually.Async(() => _long.Begun == 2);
        Assert.Equal(RateLimited, (await _portal.RpcAsync(alice, null, "tools/call", Read)).ErrorCode);
        Assert.Equal(otherUserIsFree ? null : RateLimited, (await _portal.RpcAsync(bob, null, "tools/call", Read)).ErrorCode);
        Assert.Equal("read", (await _portal.RpcAsync(alice, null, "tools/call", """{"name":"others_read"}""")).Text);

        _long.Release();
        Assert.All(await Task.WhenAll(held), answer => Assert.Equal("long", answer.Text));
        await Eventually.Async(async () => (await _portal.RpcAsync(alice, null, "tools/call", Read)).ErrorCode is null);
        await Eventually.Async(async () => (await _portal.RpcAsync(bob, null, "tools/call", Read)).ErrorCode is null);
    }

    [Fact]
    public async Task ManyCallsAtASlowServer_HoldUpNoOther()
    {
        string[] users = ["alice@example.com", "bob@example.com", "carol@example.com"];
        var held = users.SelectMany(user => Enumerable.Range(0, 30).Select(_ => _portal.RpcAsync(_portal.Token(user), null, "tools/call", Wait))).ToList();
        await Eventually.Async(() => _long.Begun == held.Count);
        foreach (var user in users)
        {
            var token = _portal.Token(user);
            Assert.Equal("read", (await _portal.RpcAsync(token, null, "tools/call", """{"name":"others_read"}""")).Text);
            Assert.Contains("things_long", (await _portal.RpcAsync(token, null, "tools/list")).Body, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(held, call => call.IsCompleted);
        _long.Release();
        Assert.All(await Task.WhenAll(held), answer => Assert.Equal("long", answer.Text));
    }

    private async Task<PortalAnswer> UntilRefusedAsync(string token, string call, int most)
    {
        for (var i = 0; i < most; i++)
        {
            if (await _portal.RpcAsync(token, null, "tools/call", call) is { ErrorCode: RateLimited } refused)
            {
                return refused;
            }
        }

        throw new InvalidOperationException($"None of {most} calls was refused.");
    }

    private async Task<bool> TakesAsync(string token, string call)
    {
        var answers = new List<PortalAnswer>();
        for (var i = 0; i < 10; i++)
        {
            answers.Add(await _portal.RpcAsync(token, null, "tools/call", call));
        }

        return answers.All(answer => answer.ErrorCode is null);
    }
}
