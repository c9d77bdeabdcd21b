using System.Text.Json;
using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Sessions of the portal with servers: how they begin, how they are lost, and how they end.</summary>
public sealed class PortalUpstreamSessionTests(World world) : StartedServerTests(world, "upsession", Fill)
{
    private const string Read = """{"name":"things_read"}""";

    [Theory]
    [InlineData("1s", """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"nothing"} }""")]
    [InlineData("10m", """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"nothing"} }""")]
    [InlineData("10m", """{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}""")]
    [InlineData("1s", """{"jsonrpc":"2.0","id":"srv.things.MQ","result":{} }""")]
    [InlineData("10m", """{"jsonrpc":"2.0","id":7,"method":"logging/setLevel","params":{"level":"info"} }""", 200)]
    public async Task ServerThatTakesNoMessage_HoldsNobodyUp(string timeout, string message, int status = 202)
    {
        await StartAsync(isStateless: false);
        await using var edge = await Portal.StartEdgeAsync(settings: new KeyValuePair<string, string?>("Edge:Portals:TellingPatience", "00:00:02"));
        Portal.Port = edge.Port;
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read)).Text);
        await SetTimeoutAsync(timeout);
        await Portal.KnowsAsync(edge);
        var held = 0;
        Upstream.Instead = async context =>
        {
            if (context.Request.Method == "POST")
            {
                Interlocked.Increment(ref held);
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            return false;
        };

        // Where the time that it has for the message is over before the server sees it, it is told once more.
        var answers = new List<int>();
        await Eventually.Async(async () =>
        {
            answers.Add((await Portal.PostAsync(token, message, ("Mcp-Session-Id", session))).Status);
            return Volatile.Read(ref held) > 0;
        });
        Assert.All(answers, answer => Assert.Equal(status, answer));
        Assert.InRange(Volatile.Read(ref held), 1, answers.Count);
    }

    [Fact]
    public async Task LostSession_SaidInJsonRpcWithAnotherId_IsBegunAnew()
    {
        await StartAsync(isStateless: false);
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read)).Text);
        var lost = Upstream.Received.Last(received => received.Rpc == "tools/call").Headers["Mcp-Session-Id"];
        Upstream.Instead = async context =>
        {
            if (context.Request.Headers["Mcp-Session-Id"] != lost)
            {
                return false;
            }

            context.Response.StatusCode = 404;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":""}""");
            return true;
        };
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read, "2")).Text);
    }

    [Fact]
    public async Task LostSession_OfSeveralCallsAtOnce_IsBegunAnewForAllOfThem()
    {
        await StartAsync(isStateless: false);
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read)).Text);
        var lost = Upstream.Received.Last(received => received.Rpc == "tools/call").Headers["Mcp-Session-Id"];
        var (first, calls) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        Upstream.Instead = async context =>
        {
            if (context.Request.Headers["Mcp-Session-Id"] != lost)
            {
                return false;
            }

            // All others are told only when the first has another session, and was answered in it.
            if (context.Request.Method == "POST" && Interlocked.Increment(ref calls) > 1)
            {
                await first.Task.WaitAsync(context.RequestAborted);
            }

            context.Response.StatusCode = 404;
            return true;
        };
        var answers = Enumerable.Range(2, 3).Select(id => Portal.RpcAsync(token, session, "tools/call", Read, $"{id}")).ToList();
        await Task.WhenAny(answers);
        first.SetResult();
        Assert.All(await Task.WhenAll(answers), answer => Assert.Equal("read", answer.Text));
        Assert.Equal(2, Upstream.Received.Where(received => received.Rpc == "tools/call").Select(received => received.Headers["Mcp-Session-Id"]).Distinct().Count());
    }

    [Fact]
    public async Task Level_IsToldToASessionThatBeginsLater()
    {
        await StartAsync(isStateless: false);
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        Assert.Null((await Portal.RpcAsync(token, session, "logging/setLevel", """{"level":"error"}""")).ErrorCode);
        Assert.DoesNotContain(Upstream.Received, received => received.Rpc == "logging/setLevel");
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read, "2")).Text);
        Assert.Equal(
            ["initialize", "notifications/initialized", "logging/setLevel", "tools/call"],
            Upstream.Received.Where(received => received.Headers.GetValueOrDefault("User-Agent") == "ManagedOAuth-portal" && received.Rpc != "GET").Select(received => received.Rpc));
    }

    // 2026-07-28: each request says which logs it wants; the server has one level for all of them.
    [Fact]
    public async Task LevelOfARequestWithoutASession_IsKeptForThatRequest()
    {
        await StartAsync(isStateless: false);
        var token = Portal.Token();
        foreach (var (level, heard, told) in new[] { (null, "", 0), ("warning", "error", 1), ("info", "info error", 2), ("error", "error", 2), (null, "", 2), ("debug", "debug info error", 3), ("loud", "", 3) })
        {
            var meta = level is null ? "{}" : $$"""{"io.modelcontextprotocol/logLevel":"{{level}}"}""";
            var answer = await Portal.RpcAsync(token, null, "tools/call", $$"""{"name":"things_log","_meta":{{meta}} }""");
            Assert.Equal("logged", answer.Text);
            var levels = answer.Body.Split('\n').Where(line => line.Contains("notifications/message", StringComparison.Ordinal))
                .Select(line => JsonDocument.Parse(line[6..]).RootElement.GetProperty("params").GetProperty("level").GetString());
            Assert.Equal((level, heard, told), (level, string.Join(' ', levels), Upstream.Received.Count(received => received.Rpc == "logging/setLevel")));
        }
    }

    [Theory]
    [InlineData(503, true)]
    [InlineData(401, true)]
    [InlineData(405, false)]
    public async Task ServerThatCannotBeListenedTo_IsAskedAgain_UnlessItSaysThatThereIsNothing(int status, bool isAskedAgain)
    {
        await StartAsync(isStateless: false);
        var asked = 0;
        Upstream.Instead = context =>
        {
            var isFirst = context.Request.Method == "GET" && Interlocked.Increment(ref asked) == 1;
            context.Response.StatusCode = isFirst ? status : 200;
            return Task.FromResult(isFirst);
        };
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read)).Text);
        await Eventually.Async(() => Volatile.Read(ref asked) == (isAskedAgain ? 2 : 1));
    }

    [Fact]
    public async Task SharedSession_IsOfOneServerAndAccount()
    {
        var shared = new SharedSessionId(World.Edge.Get<IHotStore>(), Guid.NewGuid().ToString(), Guid.NewGuid(), TimeSpan.FromMinutes(1));
        await shared.KeepAsync(new SharedSession("id", "2025-11-25", "a"), default);
        using var same = new UpstreamSession(World.Edge.Get<UpstreamHttp>(), "", default, shared) { Identity = "a" };
        using var other = new UpstreamSession(World.Edge.Get<UpstreamHttp>(), "", default, shared) { Identity = "b" };
        Assert.Equal((true, "id", "2025-11-25"), (await same.TryAdoptAsync(default), same.SessionId, same.Revision));
        Assert.False(await other.TryAdoptAsync(default));
    }

    [Fact]
    public async Task SharedSession_ThatRedisForgot_ComesBack_UnlessAnotherReplicaHasBegunOne()
    {
        var shared = new SharedSessionId(World.Edge.Get<IHotStore>(), Guid.NewGuid().ToString(), Guid.NewGuid(), TimeSpan.FromMinutes(1));
        var (first, second) = (new SharedSession("first", "2025-11-25", "a"), new SharedSession("second", "2025-11-25", "a"));
        await shared.RenewAsync(first, TimeSpan.Zero, default);
        Assert.Equal(first, await shared.FindAsync(default));
        await shared.KeepAsync(second, default);
        await shared.RenewAsync(first, TimeSpan.Zero, default);
        Assert.Equal(second, await shared.FindAsync(default));
        await shared.ForgetAsync(first, default);
        Assert.True(await shared.IsUsedAsync(default));
        await shared.ForgetAsync(second, default);
        Assert.False(await shared.IsUsedAsync(default));
    }

    [Fact]
    public async Task Session_MayBeEndedTwice()
    {
        var session = new UpstreamSession(World.Edge.Get<UpstreamHttp>(), "", default, null);
        session.Dispose();
        session.Dispose();
        Assert.True(session.Ended.IsCancellationRequested);
    }

    private static async Task<string> LogAsync(ModelContextProtocol.Server.McpServer server, CancellationToken cancellation)
    {
        foreach (var level in new[] { "debug", "info", "error" })
        {
            await server.SendMessageAsync(
                new JsonRpcNotification { Method = "notifications/message", Params = new System.Text.Json.Nodes.JsonObject { ["level"] = level, ["data"] = "x" } }, cancellation);
        }

        return "logged";
    }

    private static void Fill(McpUpstream upstream)
    {
        upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
        upstream.Tools.Add(McpServerTool.Create(LogAsync, new() { Name = "log" }));
    }
}
