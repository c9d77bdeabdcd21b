using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Sessions over replicas and outages, and streams that are taken up again.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalSessionTests(World world) : IAsyncLifetime
{
    private readonly LongTool _long = new();
    private McpUpstream _upstream = null!;
    private PortalHarness _portal = null!;

    public async Task InitializeAsync()
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless: false, upstream =>
        {
            upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
            upstream.Tools.Add(_long.Create());
            upstream.Tools.Add(McpServerTool.Create(AskAsync, new() { Name = "ask" }));
        });
        _portal = await PortalHarness.CreateAsync(world, $"session-{Guid.NewGuid():N}.test");
        await _portal.AddAsync("things", _upstream);
    }

    public async Task DisposeAsync()
    {
        _long.Release();
        await _portal.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task KilledRedis_EndsNoSession()
    {
        await using var redis = await RedisServer.StartPrivateAsync();
        await using var first = await _portal.StartEdgeAsync(redis.ConnectionString);
        await using var second = await _portal.StartEdgeAsync(redis.ConnectionString);
        var token = _portal.Token();
        _portal.Port = first.Port;
        var session = await _portal.InitializeAsync(token);
        _portal.Port = second.Port;
        Assert.Equal(200, (await _portal.RpcAsync(token, session, "ping")).Status);

        await redis.KillAsync();
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""")).Text);
        Assert.Equal(503, (await _portal.RpcAsync(token, "nobody-knows-this-one", "ping")).Status);

        await redis.StartAsync();
        await Eventually.Async(async () => (await _portal.RpcAsync(token, "nobody-knows-this-one", "ping")).Status == 404);
        Assert.Equal(200, (await _portal.RpcAsync(token, session, "ping")).Status);
    }

    [Fact]
    public async Task EmptiedRedis_GetsTheSessionsBack_ForReplicasThatNeverServedThem()
    {
        await using var redis = await RedisServer.StartPrivateAsync();
        await using var first = await _portal.StartEdgeAsync(redis.ConnectionString);
        var token = _portal.Token();
        _portal.Port = first.Port;
        var session = await _portal.InitializeAsync(token);
        await redis.KillAsync();
        await redis.StartAsync();

        // Nobody uses the session at the replica that knows it. The other one never says that there is none.
        await using var third = await _portal.StartEdgeAsync(redis.ConnectionString);
        _portal.Port = third.Port;
        await Eventually.Async(async () =>
        {
            var status = (await _portal.RpcAsync(token, session, "ping")).Status;
            Assert.NotEqual(404, status);
            return status == 200;
        });
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""")).Text);
    }

    [Theory]
    [InlineData("2025-11-25", false)]
    [InlineData("2025-06-18", false)]
    [InlineData("2025-11-25", true)]
    public async Task Cancellation_ReachesTheServer_FromWhicheverReplicaItComesTo(string revision, bool isAtAnother)
    {
        await using var second = isAtAnother ? await _portal.StartEdgeAsync() : null;
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token, revision);
        var (call, _) = await LongTool.BeginAsync(_portal, token, session, "\"c-1\"");
        _portal.Port = second?.Port;
        var cancelled = await _portal.PostAsync(token, """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c-1","reason":"enough"} }""", ("Mcp-Session-Id", session));
        Assert.Equal(202, cancelled.Status);
        await Eventually.Async(() => !_upstream.Cancelled.IsEmpty);
        var called = _upstream.Received.Single(received => received.Rpc == "tools/call");
        Assert.Equal((called.Headers["Mcp-Session-Id"], "\"c-1\""), Assert.Single(_upstream.Cancelled));
        await _long.Cancelled.WaitAsync(Eventually.DefaultDeadline);
        _portal.Port = null;
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""")).Text);
        await call.DisposeAsync();
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"nothing"} }""")]
    [InlineData("""{"jsonrpc":"2.0","id":"srv.things.MQ","result":{} }""")]
    public async Task MessageForAServerThatNobodySpokeWith_LeavesNothingBehind(string message)
    {
        await using var edge = await _portal.StartEdgeAsync();
        _portal.Port = edge.Port;
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        Assert.Equal(202, (await _portal.PostAsync(token, message, ("Mcp-Session-Id", session))).Status);
        Assert.Equal(0, edge.Get<UpstreamSessions>().Count);
    }

    [Fact]
    public async Task EndedSession_IsOverOnEveryReplica()
    {
        await using var second = await _portal.StartEdgeAsync();
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        _portal.Port = second.Port;
        Assert.Equal(200, (await _portal.RpcAsync(token, session, "ping")).Status);
        using var http = _portal.Http(token);
        http.DefaultRequestHeaders.Add("Mcp-Session-Id", session);
        await http.DeleteAsync($"http://{_portal.Host}/mcp");
        _portal.Port = null;
        await Eventually.Async(async () => (await _portal.RpcAsync(token, session, "ping")).Status == 404);
    }

    [Fact]
    public async Task AnswerToAServersQuestion_MayComeToAnotherReplica()
    {
        await using var second = await _portal.StartEdgeAsync();
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token, capabilities: """{"elicitation":{} }""");
        await using var call = await _portal.OpenAsync(token, session, """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"things_ask"} }""");
        var question = await call.NextAsync();
        Assert.Equal("elicitation/create", question.Json.GetProperty("method").GetString());

        _portal.Port = second.Port;
        var id = question.Json.GetProperty("id").GetRawText();
        var accepted = await _portal.PostAsync(token, $$"""{"jsonrpc":"2.0","id":{{id}},"result":{"action":"decline"} }""", ("Mcp-Session-Id", session));
        Assert.Equal(202, accepted.Status);
        var answer = await call.NextAsync();
        Assert.Equal("decline", answer.Json.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task BrokenStream_IsTakenUpAgain_ByItsOwnerAlone()
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        var last = await LongTool.BreakAsync(_portal, token, session);

        var bob = _portal.Token("bob@example.com");
        await using (var foreign = await _portal.ListenAsync(bob, session, last))
        {
            Assert.Equal(404, foreign.Status);
        }

        var bobsSession = await _portal.InitializeAsync(bob);
        await using (var other = await _portal.ListenAsync(bob, bobsSession, last))
        {
            _long.Release();
            await Assert.ThrowsAsync<TimeoutException>(() => other.NextAsync().WaitAsync(TimeSpan.FromSeconds(2)));
        }

        await using var rest = await _portal.ListenAsync(token, session, last);
        Assert.Equal("long", await LongTool.ResultOfAsync(rest));
    }

    [Fact]
    public async Task AnswerThatIsTooLongToKeep_ComesToWhoTookTheStreamUpBefore()
    {
        _long.Result = new string('x', 1_500_000);
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        var last = await LongTool.BreakAsync(_portal, token, session);

        await using var rest = await _portal.ListenAsync(token, session, last);
        _long.Release();
        Assert.Equal(1_500_000, (await LongTool.ResultOfAsync(rest)).Length);
    }

    private static async Task<string> AskAsync(ModelContextProtocol.Server.McpServer server, CancellationToken cancellation)
    {
        var answer = await server.ElicitAsync(new ElicitRequestParams { Message = "Who?", RequestedSchema = new ElicitRequestParams.RequestSchema() }, cancellation);
        return answer.Action;
    }
}
