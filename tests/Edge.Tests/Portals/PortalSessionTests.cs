using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Sessions over replicas and outages, and streams that are taken up again.</summary>
public sealed class PortalSessionTests(World world) : LongToolTests(world, "session", new LongTool(), upstream =>
{
    upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
    upstream.Tools.Add(McpServerTool.Create(AskAsync, new() { Name = "ask" }));
})
{
    [Fact]
    public async Task KilledRedis_EndsNoSession()
    {
        await using var redis = await RedisServer.StartPrivateAsync();
        await using var first = await Portal.StartEdgeWithAsync(redis);
        await using var second = await Portal.StartEdgeWithAsync(redis);
        var token = Portal.Token();
        Portal.Port = first.Port;
        var session = await Portal.InitializeAsync(token);
        Portal.Port = second.Port;
        Assert.Equal(200, (await Portal.RpcAsync(token, session, "ping")).Status);

        await redis.KillAsync();
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""")).Text);
        Assert.Equal(503, (await Portal.RpcAsync(token, "nobody-knows-this-one", "ping")).Status);

        await redis.StartAsync();
        await Eventually.Async(async () => (await Portal.RpcAsync(token, "nobody-knows-this-one", "ping")).Status == 404);
        Assert.Equal(200, (await Portal.RpcAsync(token, session, "ping")).Status);
    }

    [Fact]
    public async Task EmptiedRedis_GetsTheSessionsBack_ForReplicasThatNeverServedThem()
    {
        await using var redis = await RedisServer.StartPrivateAsync();
        await using var first = await Portal.StartEdgeWithAsync(redis);
        var token = Portal.Token();
        Portal.Port = first.Port;
        var session = await Portal.InitializeAsync(token);
        await redis.KillAsync();
        await redis.StartAsync();

        // Nobody uses the session at the replica that knows it. The other one never says that there is none.
        await using var third = await Portal.StartEdgeWithAsync(redis);
        Portal.Port = third.Port;
        await Eventually.Async(async () =>
        {
            var status = (await Portal.RpcAsync(token, session, "ping")).Status;
            Assert.NotEqual(404, status);
            return status == 200;
        });
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""")).Text);
    }

    [Theory]
    [InlineData("2025-11-25", false)]
    [InlineData("2025-06-18", false)]
    [InlineData("2025-11-25", true)]
    public async Task Cancellation_ReachesTheServer_FromWhicheverReplicaItComesTo(string revision, bool isAtAnother)
    {
        await using var second = isAtAnother ? await Portal.StartEdgeAsync() : null;
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token, revision);
        var (call, _) = await LongTool.BeginAsync(Portal, token, session, "\"c-1\"");
        Portal.Port = second?.Port;
        var cancelled = await Portal.PostAsync(token, """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c-1","reason":"enough"} }""", ("Mcp-Session-Id", session));
        Assert.Equal(202, cancelled.Status);
        await Eventually.Async(() => !Upstream.Cancelled.IsEmpty);
        var called = Upstream.Received.Single(received => received.Rpc == "tools/call");
        Assert.Equal((called.Headers["Mcp-Session-Id"], "\"c-1\""), Assert.Single(Upstream.Cancelled));
        await Long.Cancelled.WaitAsync(Eventually.DefaultDeadline);
        Portal.Port = null;
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""")).Text);
        await call.DisposeAsync();
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"nothing"} }""")]
    [InlineData("""{"jsonrpc":"2.0","id":"srv.things.MQ","result":{} }""")]
    public async Task MessageForAServerThatNobodySpokeWith_LeavesNothingBehind(string message)
    {
        await using var edge = await Portal.StartEdgeAsync();
        Portal.Port = edge.Port;
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        Assert.Equal(202, (await Portal.PostAsync(token, message, ("Mcp-Session-Id", session))).Status);
        Assert.Equal(0, edge.Get<UpstreamSessions>().Count);
    }

    [Fact]
    public async Task EndedSession_IsOverOnEveryReplica()
    {
        await using var second = await Portal.StartEdgeAsync();
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        Portal.Port = second.Port;
        Assert.Equal(200, (await Portal.RpcAsync(token, session, "ping")).Status);
        using var http = Portal.Http(token);
        http.DefaultRequestHeaders.Add("Mcp-Session-Id", session);
        await http.DeleteAsync($"http://{Portal.Host}/mcp");
        Portal.Port = null;
        await Eventually.Async(async () => (await Portal.RpcAsync(token, session, "ping")).Status == 404);
    }

    [Fact]
    public async Task AnswerToAServersQuestion_MayComeToAnotherReplica()
    {
        await using var second = await Portal.StartEdgeAsync();
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token, capabilities: """{"elicitation":{} }""");
        await using var call = await Portal.OpenAsync(token, session, """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"things_ask"} }""");
        var question = await call.NextAsync();
        Assert.Equal("elicitation/create", question.Json.GetProperty("method").GetString());

        Portal.Port = second.Port;
        var id = question.Json.GetProperty("id").GetRawText();
        var accepted = await Portal.PostAsync(token, $$"""{"jsonrpc":"2.0","id":{{id}},"result":{"action":"decline"} }""", ("Mcp-Session-Id", session));
        Assert.Equal(202, accepted.Status);
        var answer = await call.NextAsync();
        Assert.Equal("decline", answer.Json.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task BrokenStream_IsTakenUpAgain_ByItsOwnerAlone()
    {
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        var last = await LongTool.BreakAsync(Portal, token, session);

        var bob = Portal.Token("bob@example.com");
        await using (var foreign = await Portal.ListenAsync(bob, session, last))
        {
            Assert.Equal(404, foreign.Status);
        }

        var bobsSession = await Portal.InitializeAsync(bob);
        await using (var other = await Portal.ListenAsync(bob, bobsSession, last))
        {
            Long.Release();
            await Assert.ThrowsAsync<TimeoutException>(() => other.NextAsync().WaitAsync(TimeSpan.FromSeconds(2)));
        }

        await using var rest = await Portal.ListenAsync(token, session, last);
        Assert.Equal("long", await LongTool.ResultOfAsync(rest));
    }

    [Fact]
    public async Task AnswerThatIsTooLongToKeep_ComesToWhoTookTheStreamUpBefore()
    {
        Long.Result = new string('x', 1_500_000);
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        var last = await LongTool.BreakAsync(Portal, token, session);

        await using var rest = await Portal.ListenAsync(token, session, last);
        Long.Release();
        Assert.Equal(1_500_000, (await LongTool.ResultOfAsync(rest)).Length);
    }

    private static async Task<string> AskAsync(ModelContextProtocol.Server.McpServer server, CancellationToken cancellation)
    {
        var answer = await server.ElicitAsync(new ElicitRequestParams { Message = "Who?", RequestedSchema = new ElicitRequestParams.RequestSchema() }, cancellation);
        return answer.Action;
    }
}
