using System.Collections.Concurrent;
using System.Text.Json;
using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Sessions of the portal with servers: how they begin, what they wait for, and how they end.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalUpstreamSessionTests(World world) : IAsyncLifetime
{
    private const string Read = """{"name":"things_read"}""";
    private const string BeginWithElicitation =
        """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{} },"clientInfo":{"name":"raw","version":"1"} } }""";

    private PortalHarness _portal = null!;
    private McpUpstream _upstream = null!;

    public async Task InitializeAsync() => _portal = await PortalHarness.CreateAsync(world, $"upsession-{Guid.NewGuid():N}.test");

    public async Task DisposeAsync()
    {
        await _portal.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task QuestionThatNobodyAnswers_EndsTheCall_AndTheLogTells()
    {
        await StartAsync(isStateless: true);
        var inputs = world.Edge.Get<PendingInputs>();
        inputs.Patience = TimeSpan.FromSeconds(1);
        try
        {
            var token = _portal.Token();
            var session = (await _portal.PostAsync(token, BeginWithElicitation)).Headers["Mcp-Session-Id"];
            var answer = await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_ask"}""").WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal((-32000, "timeout"), (answer.ErrorCode, answer.Json.GetProperty("error").GetProperty("data").GetProperty("reason").GetString()));
            await Eventually.Async(() => world.PortalLog.Entries.Any(entry => entry.PortalId == _portal.Portal.PortalId && entry.Tool == "ask" && entry.Outcome == "timeout"));
        }
        finally
        {
            inputs.Patience = PendingInputs.Life;
        }
    }

    [Fact]
    public async Task PersonWhoThinks_IsNotTakenForASilentServer()
    {
        await StartAsync(isStateless: false, record => record with { RequestTimeout = "1s" });
        Assert.Equal("decline", await AskSomebodyWhoThinksAsync());
    }

    // What belongs to no request comes on the stream of its own: some servers ask there.
    [Fact]
    public async Task PersonWhoThinks_IsNotTakenForASilentServer_WhereverItAsks()
    {
        await StartAsync(isStateless: false, record => record with { RequestTimeout = "1s" });
        var stream = new TaskCompletionSource<HttpResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        var answered = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _upstream.Instead = async context =>
        {
            if (context.Request.Method == "GET")
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.FlushAsync();
                stream.TrySetResult(context.Response);
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
                return true;
            }

            if (context.Request.Headers["Mcp-Name"] == "ask")
            {
                using var call = await JsonDocument.ParseAsync(context.Request.Body);
                var listening = await stream.Task;
                await listening.WriteAsync("""data: {"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"Who?","requestedSchema":{"type":"object","properties":{} } } }""" + "\n\n");
                await listening.Body.FlushAsync();
                var result = $$"""{"content":[{"type":"text","text":"{{await answered.Task}}"}]}""";
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{call.RootElement.GetProperty("id").GetRawText()}},"result":{{result}}}""");
                return true;
            }

            if (context.Request.Method == "POST" && !context.Request.Headers.ContainsKey("Mcp-Method"))
            {
                using var answer = await JsonDocument.ParseAsync(context.Request.Body);
                answered.TrySetResult(answer.RootElement.GetProperty("result").GetProperty("action").GetString()!);
                context.Response.StatusCode = 202;
                return true;
            }

            return false;
        };
        Assert.Equal("decline", await AskSomebodyWhoThinksAsync());
    }

    [Fact]
    public async Task QuestionToAClientThatDoesNotListen_GivesTheServerNoMoreTime()
    {
        await StartAsync(isStateless: false, record => record with { RequestTimeout = "1s" });
        var stream = new TaskCompletionSource<HttpResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _upstream.Instead = async context =>
        {
            if (context.Request.Method == "GET")
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.FlushAsync();
                stream.TrySetResult(context.Response);
            }
            else if (context.Request.Headers["Mcp-Method"] == "tools/call")
            {
                var listening = await stream.Task;
                await listening.WriteAsync("""data: {"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"Who?","requestedSchema":{"type":"object","properties":{} } } }""" + "\n\n");
                await listening.Body.FlushAsync();
            }
            else
            {
                if (context.Request.Method == "POST" && !context.Request.Headers.ContainsKey("Mcp-Method"))
                {
                    using var answer = await JsonDocument.ParseAsync(context.Request.Body);
                    told.TrySetResult(answer.RootElement.GetProperty("error").GetProperty("message").GetString()!);
                    context.Response.StatusCode = 202;
                    return true;
                }

                return false;
            }

            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            return true;
        };
        var token = _portal.Token();
        var answer = await _portal.RpcAsync(token, await _portal.InitializeAsync(token), "tools/call", """{"name":"things_ask"}""").WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("timeout", answer.Json.GetProperty("error").GetProperty("data").GetProperty("reason").GetString());
        Assert.Equal("The client does not listen.", await told.Task.WaitAsync(Eventually.DefaultDeadline));
    }

    [Fact]
    public async Task QuestionToAClientThatCannotBeAsked_GivesTheServerNoMoreTime()
    {
        await StartAsync(isStateless: false, record => record with { RequestTimeout = "1s" });
        _upstream.Instead = async context =>
        {
            if (context.Request.Headers["Mcp-Method"] != "tools/call")
            {
                return false;
            }

            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"elicitation/create\",\"params\":{}}\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };
        var answer = await _portal.RpcAsync(_portal.Token(), null, "tools/call", Read).WaitAsync(Eventually.DefaultDeadline);
        Assert.Equal("timeout", answer.Json.GetProperty("error").GetProperty("data").GetProperty("reason").GetString());
        Assert.Contains("Connect with revision 2025-11-25", answer.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1s", """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"nothing"} }""")]
    [InlineData("10m", """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"nothing"} }""")]
    [InlineData("10m", """{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}""")]
    [InlineData("1s", """{"jsonrpc":"2.0","id":"srv.things.MQ","result":{} }""")]
    public async Task ServerThatTakesNoMessage_HoldsNobodyUp(string timeout, string message)
    {
        await StartAsync(isStateless: false, record => record with { RequestTimeout = timeout });
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", Read)).Text);
        var held = 0;
        _upstream.Instead = async context =>
        {
            if (context.Request.Method == "POST")
            {
                Interlocked.Increment(ref held);
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            return false;
        };
        var answer = await _portal.PostAsync(token, message, ("Mcp-Session-Id", session)).WaitAsync(Eventually.DefaultDeadline);
        Assert.Equal((202, 1), (answer.Status, Volatile.Read(ref held)));
    }

    [Fact]
    public async Task OlderTransport_WhoseHandshakeFails_LeavesNoStreamOpen()
    {
        var open = 0;
        var opened = 0;
        await using var server = await SseServerAsync(async context =>
        {
            Interlocked.Increment(ref opened);
            Interlocked.Increment(ref open);
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("event: endpoint\ndata: /messages\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            Interlocked.Decrement(ref open);
        });
        await StartAsync(isStateless: false, record => record with { Hostname = server.Urls.Single() + "/sse", RequestTimeout = "1s" });
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        for (var i = 1; i <= 2; i++)
        {
            Assert.Equal(-32000, (await _portal.RpcAsync(token, session, "tools/call", Read, i.ToString(System.Globalization.CultureInfo.InvariantCulture))).ErrorCode);
        }

        Assert.Equal(2, Volatile.Read(ref opened));
        await Eventually.Async(() => Volatile.Read(ref open) == 0);
    }

    [Fact]
    public async Task LostSession_SaidInJsonRpcWithAnotherId_IsBegunAnew()
    {
        await StartAsync(isStateless: false);
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", Read)).Text);
        var lost = _upstream.Received.Last(received => received.Rpc == "tools/call").Headers["Mcp-Session-Id"];
        _upstream.Instead = async context =>
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
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", Read, "2")).Text);
    }

    [Fact]
    public async Task Level_IsToldToASessionThatBeginsLater()
    {
        await StartAsync(isStateless: false);
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        Assert.Null((await _portal.RpcAsync(token, session, "logging/setLevel", """{"level":"error"}""")).ErrorCode);
        Assert.DoesNotContain(_upstream.Received, received => received.Rpc == "logging/setLevel");
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", Read, "2")).Text);
        Assert.Equal(
            ["initialize", "notifications/initialized", "logging/setLevel", "tools/call"],
            _upstream.Received.Where(received => received.Headers.GetValueOrDefault("User-Agent") == "ManagedOAuth-portal" && received.Rpc != "GET").Select(received => received.Rpc));
    }

    [Theory]
    [InlineData(503, true)]
    [InlineData(401, true)]
    [InlineData(405, false)]
    public async Task ServerThatCannotBeListenedTo_IsAskedAgain_UnlessItSaysThatThereIsNothing(int status, bool isAskedAgain)
    {
        await StartAsync(isStateless: false);
        var asked = 0;
        _upstream.Instead = context =>
        {
            var isFirst = context.Request.Method == "GET" && Interlocked.Increment(ref asked) == 1;
            context.Response.StatusCode = isFirst ? status : 200;
            return Task.FromResult(isFirst);
        };
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", Read)).Text);
        await Eventually.Async(() => Volatile.Read(ref asked) == (isAskedAgain ? 2 : 1));
    }

    // SEP-1699: a server that does not hold connections for long ends its streams, and goes on where they are taken up.
    [Fact]
    public async Task AnswerThatEndsBeforeItsResponse_IsTakenUp_AndTheRequestNotSentAgain()
    {
        await StartAsync(isStateless: false);
        var (calls, positions, id) = (0, new ConcurrentQueue<string>(), "");
        _upstream.Instead = async context =>
        {
            var last = context.Request.Headers["Last-Event-ID"].ToString();
            if (context.Request.Headers["Mcp-Method"] == "tools/call")
            {
                calls++;
                using var call = await JsonDocument.ParseAsync(context.Request.Body);
                id = call.RootElement.GetProperty("id").GetRawText();
                await SayAsync(context, "id: one\nretry: 100\ndata:\n\n");
            }
            else if (context.Request.Method == "GET" && last.Length > 0)
            {
                positions.Enqueue(last);
                await SayAsync(context, last == "one"
                    ? "id: two\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"half way\"}}\n\n"
                    : "id: three\ndata: {\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}}\n\n");
            }
            else
            {
                return Refuses(context, 405);
            }

            return true;
        };
        var token = _portal.Token();
        var answer = await _portal.RpcAsync(token, await _portal.InitializeAsync(token), "tools/call", Read);
        Assert.Equal("done", answer.Text);
        Assert.Contains("half way", answer.Body, StringComparison.Ordinal);
        Assert.Equal(1, calls);
        Assert.Equal(["one", "two"], positions);
    }

    [Theory]
    [InlineData(404, "unavailable")]
    [InlineData(405, "unavailable")]
    [InlineData(200, "timeout")]
    public async Task AnswerThatCannotBeTakenUp_OrNeverComes_IsAnErrorInBoundedTime(int status, string reason)
    {
        await StartAsync(isStateless: false, record => record with { RequestTimeout = "3s" });
        var calls = 0;
        _upstream.Instead = async context =>
        {
            var isCall = context.Request.Headers["Mcp-Method"] == "tools/call";
            calls += isCall ? 1 : 0;
            if (isCall || (status == 200 && context.Request.Headers.ContainsKey("Last-Event-ID")))
            {
                await SayAsync(context, "id: one\nretry: 0\ndata:\n\n");
                return true;
            }

            return Refuses(context, status == 200 ? 405 : status);
        };
        var token = _portal.Token();
        var answer = await _portal.RpcAsync(token, await _portal.InitializeAsync(token), "tools/call", Read).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(reason, answer.Json.GetProperty("error").GetProperty("data").GetProperty("reason").GetString());
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task StreamOfItsOwn_IsTakenUpWhereItEnded()
    {
        await StartAsync(isStateless: false);
        var positions = new ConcurrentQueue<string>();
        _upstream.Instead = async context =>
        {
            if (context.Request.Method != "GET")
            {
                return false;
            }

            positions.Enqueue(context.Request.Headers["Last-Event-ID"].ToString());
            await SayAsync(context, $"id: {positions.Count}\ndata:\n\n");
            return true;
        };
        var token = _portal.Token();
        Assert.Equal("read", (await _portal.RpcAsync(token, await _portal.InitializeAsync(token), "tools/call", Read)).Text);
        await Eventually.Async(() => positions.Count >= 3);
        Assert.Equal(["", "1", "2"], positions.Take(3));
    }

    private static bool Refuses(HttpContext context, int status)
    {
        var isGet = context.Request.Method == "GET";
        context.Response.StatusCode = isGet ? status : 200;
        return isGet;
    }

    private static async Task SayAsync(HttpContext context, string events)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(events);
        await context.Response.Body.FlushAsync();
    }

    [Fact]
    public async Task SharedSession_IsOfOneVersionOfTheServer()
    {
        _upstream = await McpUpstream.StartAsync("unused", isStateless: true, static _ => { });
        var (store, owner, server) = (world.Edge.Get<IHotStore>(), Guid.NewGuid().ToString(), Guid.NewGuid());
        await new SharedSessionId(store, owner, server, 1).KeepAsync("id", "2025-11-25", default);
        Assert.Equal(("id", "2025-11-25"), await new SharedSessionId(store, owner, server, 1).FindAsync(default));
        Assert.Null(await new SharedSessionId(store, owner, server, 2).FindAsync(default));
    }

    [Fact]
    public async Task Session_MayBeEndedTwice()
    {
        _upstream = await McpUpstream.StartAsync("unused", isStateless: true, static _ => { });
        var session = new UpstreamSession(world.Edge.Get<UpstreamHttp>(), "", default, null);
        session.Dispose();
        session.Dispose();
        Assert.True(session.Ended.IsCancellationRequested);
    }

    private async Task StartAsync(bool isStateless, Func<Contracts.Configuration.McpServer, Contracts.Configuration.McpServer>? change = null)
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless, upstream =>
        {
            upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
            upstream.Tools.Add(McpServerTool.Create(AskAsync, new() { Name = "ask" }));
        });
        await _portal.AddAsync("things", _upstream, change);
    }

    private async Task<string> AskSomebodyWhoThinksAsync()
    {
        await using var client = await _portal.ConnectAsync("2025-11-25", handlers: new McpClientHandlers
        {
            ElicitationHandler = async (_, cancellation) =>
            {
                // Longer than the server may be silent.
                await Task.Delay(TimeSpan.FromSeconds(3), cancellation);
                return new ElicitResult { Action = "decline" };
            },
        });
        return Assert.IsType<TextContentBlock>((await client.CallToolAsync("things_ask")).Content[0]).Text;
    }

    private static async Task<string> AskAsync(McpServer server, RequestContext<CallToolRequestParams> context, CancellationToken cancellation)
    {
        var question = new ElicitRequestParams { Message = "Who?", RequestedSchema = new ElicitRequestParams.RequestSchema() };
        return context.JsonRpcRequest.Context?.ProtocolVersion == "2026-07-28"
            ? throw new InputRequiredException(new Dictionary<string, InputRequest> { ["who"] = InputRequest.ForElicitation(question) }, "state-1")
            : (await server.ElicitAsync(question, cancellation)).Action;
    }

    // Takes every message and answers none.
    private static async Task<WebApplication> SseServerAsync(RequestDelegate stream)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/sse", stream);
        app.MapPost("/messages", static () => Results.StatusCode(202));
        await app.StartAsync();
        return app;
    }
}
