using System.Collections.Concurrent;
using System.Text.Json;
using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What servers and clients say of a server's questions: ids and progress tokens are each server's own, and no server hears of another's.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalQuestionTests(World world) : IAsyncLifetime
{
    private const string Question = """{"jsonrpc":"2.0","id":5,"method":"elicitation/create","params":{"_meta":{"progressToken":1,"other":2},"message":"Who?","requestedSchema":{"type":"object","properties":{} } } }""";
    private const string TakenBack = """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5,"reason":"late"} }""";
    private readonly ConcurrentQueue<(string Server, JsonElement Message)> _progress = new();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PortalHarness _portal = null!;
    private readonly List<EventReader> _calls = [];
    private List<McpUpstream> _upstreams = [];

    public async Task InitializeAsync()
    {
        _portal = await PortalHarness.CreateAsync(world, $"question-{Guid.NewGuid():N}.test");
        _upstreams = [await AddAsync("things"), await AddAsync("others")];
    }

    public async Task DisposeAsync()
    {
        _end.TrySetResult();
        foreach (var call in _calls)
        {
            await call.DisposeAsync();
        }

        await _portal.DisposeAsync();
        foreach (var upstream in _upstreams)
        {
            await upstream.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task QuestionThatItsServerTakesBack_IsNamedAsTheClientKnowsIt(bool isBesideTheCall)
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token, capabilities: """{"elicitation":{} }""");
        await using var listening = await _portal.ListenAsync(token, session);
        await Eventually.Async(() => world.Edge.Get<Listeners>().Hears(session));
        _upstreams[0].Instead = context => ServeAsync(context, "things", isBesideTheCall ? "GET" : "POST", Question, TakenBack);
        var call = CallAsync(token, session, "things");
        var stream = isBesideTheCall ? listening : await call;
        var question = (await stream.NextAsync().WaitAsync(Eventually.DefaultDeadline)).Json;
        var cancelled = (await stream.NextAsync().WaitAsync(Eventually.DefaultDeadline)).Json;
        Assert.Equal("notifications/cancelled", cancelled.GetProperty("method").GetString());
        Assert.Equal("""{"requestId":ID,"reason":"late"}""".Replace("ID", question.GetProperty("id").GetRawText(), StringComparison.Ordinal), cancelled.GetProperty("params").GetRawText().Trim());
        Assert.StartsWith("srv.things.", question.GetProperty("id").GetString(), StringComparison.Ordinal);
        _end.SetResult();
        await (await call).DisposeAsync();
    }

    [Fact]
    public async Task ProgressOfAQuestion_ReachesItsServerAlone()
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token, capabilities: """{"elicitation":{} }""");
        var tokens = new List<string>();
        foreach (var (upstream, name) in _upstreams.Zip(["things", "others"]))
        {
            upstream.Instead = context => ServeAsync(context, name, "POST", Question);
            var call = await CallAsync(token, session, name);
            _calls.Add(call);
            var meta = (await call.NextAsync().WaitAsync(Eventually.DefaultDeadline)).Json.GetProperty("params").GetProperty("_meta");
            Assert.Equal(2, meta.GetProperty("other").GetInt32());
            tokens.Add(meta.GetProperty("progressToken").GetRawText());
        }

        foreach (var named in (string[])[tokens[0], "1", tokens[1]])
        {
            var progress = $$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{named}},"progress":1,"message":"thinking"} }""";
            Assert.Equal(202, (await _portal.PostAsync(token, progress, ("Mcp-Session-Id", session))).Status);
        }

        Assert.Equal(["things", "others"], _progress.Select(progress => progress.Server));
        Assert.All(_progress, progress => Assert.Equal("""{"progressToken":1,"progress":1,"message":"thinking"}""", progress.Message.GetProperty("params").GetRawText()));
    }

    [Fact]
    public async Task AnswerThatNobodyAskedFor_IsNotKept()
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        var (principal, id) = ($"u:{PortalHarness.UserId("alice@example.com"):N}", "in." + Guid.NewGuid().ToString("N"));
        var answer = $$"""{"jsonrpc":"2.0","id":"{{id}}","result":{"action":"accept"} }""";
        Assert.Equal(202, (await _portal.PostAsync(token, answer, ("Mcp-Session-Id", session))).Status);
        Assert.Null(await world.Edge.Get<IHotStore>().GetAsync(PendingInputs.KeyOf(principal, id)));
    }

    private async Task<McpUpstream> AddAsync(string name)
    {
        var upstream = await McpUpstream.StartAsync(name, isStateless: false, server => server.Tools.Add(McpServerTool.Create(() => "", new() { Name = "ask" })));
        await _portal.AddAsync(name, upstream);
        return upstream;
    }

    private Task<EventReader> CallAsync(string token, string session, string server)
        => _portal.OpenAsync(token, session, $$"""{"jsonrpc":"2.0","id":"{{server}}","method":"tools/call","params":{"name":"{{server}}_ask"} }""");

    // Says something on one of the two kinds of streams, and ends neither.
    private async Task<bool> ServeAsync(HttpContext context, string server, string method, params string[] said)
    {
        if (context.Request.Headers["Mcp-Method"] == "notifications/progress")
        {
            _progress.Enqueue((server, (await JsonDocument.ParseAsync(context.Request.Body)).RootElement));
            context.Response.StatusCode = 202;
            return true;
        }

        if (context.Request.Method != "GET" && context.Request.Headers["Mcp-Method"] != "tools/call")
        {
            return false;
        }

        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync();
        foreach (var message in context.Request.Method == method ? said : [])
        {
            await context.Response.WriteAsync($"data: {message}\n\n");
            await context.Response.Body.FlushAsync();
        }

        await Task.WhenAny(_end.Task, Task.Delay(Timeout.Infinite, context.RequestAborted));
        return true;
    }
}
