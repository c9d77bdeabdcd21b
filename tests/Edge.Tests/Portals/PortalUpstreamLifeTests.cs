using System.Collections.Concurrent;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>How long a session with a server lasts, and with whom it is: neither silence that is none nor an edit ends it, another account does.</summary>
public sealed class PortalUpstreamLifeTests(World world) : LongToolTests(world, "life", new LongTool(), upstream =>
{
    upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
    upstream.Tools.Add(McpServerTool.Create(AskAsync, new() { Name = "ask" }));
    upstream.Resources.Add(McpServerResource.Create(() => "first", new() { Name = "one", UriTemplate = "test://one" }));
    upstream.Resources.Add(McpServerResource.Create(() => "second", new() { Name = "two", UriTemplate = "test://two" }));
})
{
    private const string Read = """{"name":"things_read"}""";
    private const string Ask = """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"things_ask"} }""";
    private const string CanBeAsked = """{"elicitation":{} }""";
    private static readonly KeyValuePair<string, string?> s_shortIdle = new("Edge:Portals:UpstreamIdle", "00:00:05");

    // Sessions that the portal no longer listens to.
    private readonly ConcurrentBag<string> _closed = [];

    [Fact]
    public async Task SilentSession_IsEndedAtTheServer_AndOneWithACallIsNot()
    {
        await using var edge = await Portal.StartEdgeAsync(null, s_shortIdle);
        Portal.Port = edge.Port;
        var (alice, bob) = (Portal.Token(), Portal.Token("bob@example.com"));
        var (call, _) = await LongTool.BeginAsync(Portal, alice, await Portal.InitializeAsync(alice));
        Assert.Equal("read", (await Portal.RpcAsync(bob, await Portal.InitializeAsync(bob), "tools/call", Read)).Text);
        var bobs = SessionOf("read");

        // Begun later, and as short a time is too long for it: the one with a call has long been as old.
        await Eventually.Async(() => Ended().Contains(bobs));
        Long.Release();
        Assert.Equal("long", await LongTool.ResultOfAsync(call));
        await call.DisposeAsync();
        await Eventually.Async(() => Ended().Distinct().Count() == 2);
        Assert.Equal(0, edge.Get<UpstreamSessions>().Count);
    }

    [Fact]
    public async Task SilentSession_OfAClientThatListens_GoesOn()
    {
        await using var edge = await Portal.StartEdgeAsync(null, s_shortIdle);
        Portal.Port = edge.Port;
        var stream = Streams();
        var (alice, bob) = (Portal.Token(), Portal.Token("bob@example.com"));
        var session = await Portal.InitializeAsync(alice);
        await using var listening = await Portal.ListenAsync(alice, session);
        Assert.Equal("read", (await Portal.RpcAsync(alice, session, "tools/call", Read)).Text);
        var alices = SessionOf("read");
        Assert.Equal("read", (await Portal.RpcAsync(bob, await Portal.InitializeAsync(bob), "tools/call", Read)).Text);
        await Eventually.Async(() => Ended().Contains(SessionOf("read")));
        await TellAsync(await stream(alices), """{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"test://one"} }""");
        Assert.Equal("notifications/resources/updated", (await listening.NextAsync().WaitAsync(Eventually.DefaultDeadline)).Json.GetProperty("method").GetString());
        Assert.DoesNotContain(alices, Ended());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientsDelete_ReachesTheServer_FromWhicheverReplicaItComesTo(bool isAtAnother)
    {
        await using var second = isAtAnother ? await Portal.StartEdgeAsync() : null;
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read)).Text);
        Portal.Port = second?.Port;
        await DeleteAsync(token, session);
        await Eventually.Async(() => Ended().Contains(SessionOf("read")));
            }

    // A server that asks for the assertion asks for it at every request.
    [Fact]
    public async Task Assertion_IsShownWithEveryRequest()
    {
        await EditAsync(record => record with { SendAssertion = true });
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        var (call, _) = await LongTool.BeginAsync(Portal, token, session, "\"c-1\"");
        Assert.Equal(202, (await Portal.PostAsync(token, """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c-1"} }""", ("Mcp-Session-Id", session))).Status);
        await Eventually.Async(() => !Upstream.Cancelled.IsEmpty);
        await call.DisposeAsync();
        await Eventually.Async(() => Requests().Any(request => request.Rpc == "GET"));
        await DeleteAsync(token, session);
        await Eventually.Async(() => Ended().Count > 0);
        var requests = Requests().ToList();
        Assert.Superset(new HashSet<string> { "initialize", "GET", "tools/call", "notifications/cancelled", "DELETE" }, requests.Select(request => request.Rpc).ToHashSet());
        Assert.All(requests, request => Assert.True(request.Headers.ContainsKey("Cf-Access-Jwt-Assertion"), request.Rpc));
    }

    [Fact]
    public async Task EditThatLeavesTheServerTheSame_KeepsItsSessions_AndAQuestionThatIsOpen()
    {
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token, capabilities: CanBeAsked);
        await using var call = await Portal.OpenAsync(token, session, Ask);
        var question = await call.NextAsync();
        await EditAsync(record => record with { Name = "Another name", RequestTimeout = "5m" });
        await AnswerAsync(token, session, question);
        Assert.Equal("decline", await LongTool.ResultOfAsync(call));
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read, "8")).Text);
        Assert.Equal(SessionOf("ask"), SessionOf("read"));
    }

    [Fact]
    public async Task SessionOfAnAccount_OutlivesItsRefreshes_AndIsNeverUsedWithAnother()
    {
        var key = (Things.Id, PortalHarness.UserId("alice@example.com").ToString());
        (World.Upstreams.Tokens[key], World.Upstreams.Logins[key]) = ("first", "a");
        await EditAsync(record => record with { AuthType = McpAuthType.Oauth });
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        var sessions = new List<string>();
        foreach (var (id, (credential, login)) in new[] { ("first", "a"), ("refreshed", "a"), ("other", "b") }.Index())
        {
            (World.Upstreams.Tokens[key], World.Upstreams.Logins[key]) = (credential, login);

            // Edges keep a credential for some seconds, for each version of a record.
            await EditAsync(record => record);
            Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read, $"{id}")).Text);
            Assert.Equal($"Bearer {credential}", Requests().Last(request => request.Rpc == "tools/call").Headers["Authorization"]);
            sessions.Add(SessionOf("read"));
        }

        Assert.Equal(sessions[0], sessions[1]);
        Assert.NotEqual(sessions[0], sessions[2]);
        Assert.Equal(2, Requests().Where(request => request.Rpc is not "initialize").Select(request => (request.Headers["Mcp-Session-Id"], request.Headers["Authorization"] == "Bearer other")).Distinct().Count());
    }

    [Fact]
    public async Task LoginThatIsForgotten_EndsWhatIsHeardWithIt()
    {
        await using var edge = await Portal.StartEdgeAsync(null, s_shortIdle);
        Portal.Port = edge.Port;
        var stream = Streams();
        var key = (Things.Id, PortalHarness.UserId("alice@example.com").ToString());
        World.Upstreams.Tokens[key] = "alices";
        await EditAsync(record => record with { AuthType = McpAuthType.Oauth });
        await Portal.KnowsAsync(edge);
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        await using var listening = await Portal.ListenAsync(token, session);
        Assert.Equal("read", (await Portal.RpcAsync(token, session, "tools/call", Read)).Text);
        await stream(SessionOf("read"));

        World.Upstreams.Tokens.Remove(key, out _);
        await EditAsync(record => record);
        await Eventually.Async(() => _closed.Contains(SessionOf("read")));
        await Eventually.Async(() => edge.Get<UpstreamSessions>().Count == 0);
    }

    [Fact]
    public async Task QuestionThatIsOpenWhileRedisIsEmptied_IsAnsweredFromAnotherReplica()
    {
        await using var redis = await RedisServer.StartPrivateAsync();
        await using var first = await Portal.StartEdgeWithAsync(redis);
        await using var second = await Portal.StartEdgeWithAsync(redis);
        var token = Portal.Token();
        Portal.Port = first.Port;
        var session = await Portal.InitializeAsync(token, capabilities: CanBeAsked);
        await using var call = await Portal.OpenAsync(token, session, Ask);
        var question = await call.NextAsync();
        await redis.KillAsync();
        await redis.StartAsync();

        var shared = new SharedSessionId(second.Get<IHotStore>(), $"u:{PortalHarness.UserId("alice@example.com"):N}/session/{session}", Things.Id, TimeSpan.FromMinutes(1));
        await Eventually.Async(async () => await shared.FindAsync(default) is not null);
        Portal.Port = second.Port;
        await AnswerAsync(token, session, question);
        Assert.Equal("decline", await LongTool.ResultOfAsync(call));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Subscriptions_AreToldToASessionThatBeginsAnew(bool isListening)
    {
        var token = Portal.Token();
        var session = await Portal.InitializeAsync(token);
        await using var listening = isListening ? await Portal.ListenAsync(token, session) : null;
        foreach (var (id, (method, uri)) in new[] { ("subscribe", "test://one"), ("subscribe", "test://two"), ("unsubscribe", "test://two") }.Index())
        {
            Assert.Null((await Portal.RpcAsync(token, session, $"resources/{method}", $$"""{"uri":"{{uri}}"}""", $"{id}")).ErrorCode);
        }

        var first = Requests().Last(request => request.Rpc == "resources/subscribe").Headers["Mcp-Session-Id"];
        await Eventually.Async(() => Requests().Any(request => request.Rpc == "GET"));
        await Upstream.StopAsync();

        // It is not quite there when it is asked for another session.
        var begun = 0;
        Upstream.Instead = context =>
        {
            var isFirst = context.Request.Headers["Mcp-Method"] == "initialize" && Interlocked.Increment(ref begun) == 1;
            context.Response.StatusCode = isFirst ? 503 : 200;
            return Task.FromResult(isFirst);
        };
        await Upstream.StartAsync();
        if (!isListening)
        {
            // Whoever does not listen hears nothing: for them the next call is soon enough.
            await Eventually.Async(async () => (await Portal.RpcAsync(token, session, "tools/call", Read, "8")).ErrorCode is null);
        }

        await Eventually.Async(() => Upstream.Subscribed.Any(entry => entry.Key.Session != first && entry.Value == 1));
        Assert.Equal("test://one", Assert.Single(Upstream.Subscribed, entry => entry.Key.Session != first).Key.Uri);
    }

    // What the portal sent, without what the catalog was read with.
    private IEnumerable<(string Rpc, IReadOnlyDictionary<string, string> Headers)> Requests()
        => Upstream.Received.Where(received => received.Headers.GetValueOrDefault("User-Agent") == "ManagedOAuth-portal");

    private string SessionOf(string tool) => Requests().Last(request => request.Headers.GetValueOrDefault("Mcp-Name") == tool).Headers["Mcp-Session-Id"];

    private List<string> Ended() => [.. Requests().Where(request => request.Rpc == "DELETE").Select(request => request.Headers["Mcp-Session-Id"])];

    // Takes the streams on which the server speaks of its own accord, by its sessions.
    private Func<string, Task<HttpResponse>> Streams()
    {
        var streams = new ConcurrentDictionary<string, HttpResponse>();
        Upstream.Instead = async context =>
        {
            if (context.Request.Method != "GET")
            {
                return false;
            }

            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            streams[context.Request.Headers["Mcp-Session-Id"]!] = context.Response;
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            _closed.Add(context.Request.Headers["Mcp-Session-Id"]!);
            return true;
        };
        return async session =>
        {
            await Eventually.Async(() => streams.ContainsKey(session));
            return streams[session];
        };
    }

    private async Task DeleteAsync(string token, string session)
    {
        using var http = Portal.Http(token);
        http.DefaultRequestHeaders.Add("Mcp-Session-Id", session);
        Assert.Equal(204, (int)(await http.DeleteAsync($"http://{Portal.Host}/mcp")).StatusCode);
    }

    private async Task AnswerAsync(string token, string session, StreamMessage question)
    {
        Assert.Equal("elicitation/create", question.Json.GetProperty("method").GetString());
        var answer = $$"""{"jsonrpc":"2.0","id":{{question.Json.GetProperty("id").GetRawText()}},"result":{"action":"decline"} }""";
        Assert.Equal(202, (await Portal.PostAsync(token, answer, ("Mcp-Session-Id", session))).Status);
    }

    private static async Task TellAsync(HttpResponse stream, string message)
    {
        await stream.WriteAsync($"data: {message}\n\n");
        await stream.Body.FlushAsync();
    }

    private static async Task<string> AskAsync(ModelContextProtocol.Server.McpServer server, CancellationToken cancellation)
        => (await server.ElicitAsync(new ElicitRequestParams { Message = "Who?", RequestedSchema = new ElicitRequestParams.RequestSchema() }, cancellation)).Action;
}
