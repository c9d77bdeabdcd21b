using System.Text.RegularExpressions;
using ManagedOAuth.Edge.Portals;
using ManagedOAuth.Edge.Portals.BuiltIns;
using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Methods;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What one user may ask of a portal, however little a server has to do with it.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalLimitTests(World world) : IAsyncLifetime
{
    private const int RateLimited = -32005;

    // Counts are of all edges, and last for a minute: each test has users of its own.
    private readonly string _run = $"{Guid.NewGuid():N}";
    private McpUpstream _upstream = null!;
    private PortalHarness _portal = null!;

    public async Task InitializeAsync()
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless: true, upstream => upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read", Description = "Reads." })));
        _portal = await PortalHarness.CreateAsync(world, $"limit-{Guid.NewGuid():N}.test");
        await _portal.AddAsync("things", _upstream);
    }

    public async Task DisposeAsync()
    {
        await _portal.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task RequestsThatNoServerIsAskedFor_AreCountedToo()
    {
        await using var edge = await StartEdgeAsync(new("Edge:Portals:UserCallsPerMinute", "20"));
        foreach (var (email, name) in new[] { (Of("alice"), "portal_list_servers"), (Of("bob"), "things_no_such") })
        {
            var answers = await UntilRefusedAsync(() => _portal.RpcAsync(_portal.Token(email), null, "tools/call", $$"""{"name":"{{name}}"}"""));
            Assert.NotEqual(RateLimited, answers[0].ErrorCode);
        }

        Assert.Equal("read", (await _portal.RpcAsync(_portal.Token(Of("carol")), null, "tools/call", """{"name":"things_read"}""")).Text);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"nothing"} }""")]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1} }""")]
    [InlineData("""{"jsonrpc":"2.0","id":"srv.things.MQ","result":{} }""")]
    public async Task MessagesWithoutAnAnswer_AreCountedToo(string message)
    {
        await using var edge = await StartEdgeAsync(new("Edge:Portals:UserCallsPerMinute", "20"));
        var token = _portal.Token(Of("alice"));
        var session = await _portal.InitializeAsync(token);
        var answers = await UntilRefusedAsync(() => _portal.PostAsync(token, message, ("Mcp-Session-Id", session)));
        Assert.Equal((202, 429), (answers[0].Status, answers[^1].Status));
    }

    [Fact]
    public async Task Sessions_AreBegunByOneUserSoOftenAndNoMore()
    {
        await using var edge = await StartEdgeAsync(new("Edge:Portals:UserSessionsPerMinute", "20"));
        var answers = await UntilRefusedAsync(() => BeginAsync(_portal.Token(Of("alice")), "{}"));
        Assert.Null(answers[0].ErrorCode);
        Assert.False(answers[^1].Headers.ContainsKey("Mcp-Session-Id"));
        Assert.Null((await BeginAsync(_portal.Token(Of("bob")), "{}")).ErrorCode);
    }

    [Fact]
    public async Task LongIntroduction_IsRefused()
    {
        var token = _portal.Token(Of("alice"));
        var longText = new string('x', 17 * 1024);
        foreach (var (info, capabilities) in new[] { ($$"""{"name":"{{longText}}"}""", "{}"), ("{}", $$$"""{"experimental":{"x":{"y":"{{{longText}}}"} } }""") })
        {
            var begun = await BeginAsync(token, capabilities, info);
            Assert.Equal((400, -32600, false), (begun.Status, begun.ErrorCode, begun.Headers.ContainsKey("Mcp-Session-Id")));
            var body = $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{{{info}}},"io.modelcontextprotocol/clientCapabilities":{{{capabilities}}} } } }""";
            var listed = await _portal.PostAsync(token, body, ("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list"));
            Assert.Equal((400, -32600), (listed.Status, listed.ErrorCode));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Streams_OfOneUser_AreLimited(bool hasSession)
    {
        await using var edge = await StartEdgeAsync(new("Edge:Portals:StreamsPerUser", "2"));
        var token = _portal.Token(Of("alice"));
        var first = await ListenAsync(token);
        await using var second = await ListenAsync(token);
        await using (var third = await ListenAsync(token))
        {
            Assert.Equal(hasSession ? (429, "1") : (200, null), (third.Status, third.RetryAfter));
            Assert.Equal(-32005, (await third.NextAsync()).Json.GetProperty("error").GetProperty("code").GetInt32());
        }

        await using var bobs = await ListenAsync(_portal.Token(Of("bob")));
        Assert.Equal(200, bobs.Status);

        // One that ends makes room.
        await first.DisposeAsync();
        await Eventually.Async(async () =>
        {
            await using var next = await ListenAsync(token);
            return hasSession ? next.Status == 200 : (await next.NextAsync()).Json.TryGetProperty("method", out _);
        });

        async Task<EventReader> ListenAsync(string of) => hasSession
            ? await _portal.ListenAsync(of, await _portal.InitializeAsync(of))
            : await _portal.OpenStatelessAsync(of, "subscriptions/listen", """{"notifications":{"toolsListChanged":true} }""");
    }

    [Fact]
    public void Search_HasOneDeadlineForAllTexts()
    {
        var tools = world.Edge.Get<PortalDirectories>().Find(_portal.Application.Id)!.Servers[0].Tools;
        var many = Enumerable.Repeat(tools[0], 1000);
        Assert.Equal(50, QueryToolsTool.Find("reads", many, new Clock(0), default).Count);
        Assert.Throws<RegexMatchTimeoutException>(() => QueryToolsTool.Find("nowhere", many, new Clock(1), default));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => QueryToolsTool.Find("reads", many, new Clock(0), cancelled.Token));
    }

    [Theory]
    [InlineData("x://a/{id}", "x://a/1", true)]
    [InlineData("x://a/{id}", "x://b/1", false)]
    [InlineData("x://{a}/mid/{b}/end", "x://1/mid/mid/2/end", true)]
    [InlineData("x://{a}/mid/{b}/end", "x://1/mid/end", false)]
    [InlineData("x://{a}/mid/{b}/end", "x://1/2/end", false)]
    [InlineData("x://a{?q*}", "x://a?q=1", true)]
    [InlineData("{+all}", "anything", true)]
    [InlineData("x://plain", "x://plain", true)]
    [InlineData("x://plain", "x://plain2", false)]
    [InlineData("x://(a+)+{id}", "x://aaaa", false)]
    public void Template_FitsWhatItMayExpandTo(string template, string uri, bool fits) => Assert.Equal(fits, ResourceRoutes.Fits(template, uri));

    private string Of(string user) => $"{user}-{_run}@example.com";

    private Task<PortalAnswer> BeginAsync(string token, string capabilities, string info = "{}")
        => _portal.PostAsync(token, $$$"""{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{{{capabilities}}},"clientInfo":{{{info}}} } }""");

    // All answers until one says that it is one too many. One comes back every three seconds, which a slow machine may need for a few: it asks a few more times.
    private static async Task<List<PortalAnswer>> UntilRefusedAsync(Func<Task<PortalAnswer>> ask)
    {
        var answers = new List<PortalAnswer>();
        while (answers.Count == 0 || answers[^1] is not { Body.Length: > 0, ErrorCode: RateLimited })
        {
            Assert.True(answers.Count < 200, "Nothing is refused.");
            answers.Add(await ask());
        }

        return answers;
    }

    private async Task<EdgeProcess> StartEdgeAsync(KeyValuePair<string, string?> setting)
    {
        var edge = await _portal.StartEdgeAsync(settings: setting);
        _portal.Port = edge.Port;
        return edge;
    }

    /// <summary>So many tenths of a second go by at each look.</summary>
    private sealed class Clock(long tenths) : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 10;

        public override long GetTimestamp() => _now += tenths;
    }
}
