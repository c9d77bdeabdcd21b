using System.Text;
using System.Text.Json;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Sessions over replicas and outages, and streams that are taken up again.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalSessionTests(World world) : IAsyncLifetime
{
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private McpUpstream _upstream = null!;
    private PortalHarness _portal = null!;

    public async Task InitializeAsync()
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless: false, upstream =>
        {
            upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
            upstream.Tools.Add(McpServerTool.Create(LongAsync, new() { Name = "long" }));
            upstream.Tools.Add(McpServerTool.Create(AskAsync, new() { Name = "ask" }));
        });
        _portal = await PortalHarness.CreateAsync(world, $"session-{Guid.NewGuid():N}.test");
        await _portal.AddAsync("things", _upstream);
    }

    public async Task DisposeAsync()
    {
        _release.TrySetResult();
        await _portal.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task KilledRedis_EndsNoSession()
    {
        await using var redis = await RedisServer.StartPrivateAsync();
        await using var first = await StartEdgeAsync(redis.ConnectionString);
        await using var second = await StartEdgeAsync(redis.ConnectionString);
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
    public async Task EndedSession_IsOverOnEveryReplica()
    {
        var redis = await RedisServer.ConnectionStringAsync();
        await using var second = await StartEdgeAsync(redis);
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
        await using var second = await StartEdgeAsync(await RedisServer.ConnectionStringAsync());
        var token = _portal.Token();
        var begun = await _portal.PostAsync(token, """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{} },"clientInfo":{"name":"raw","version":"1"} } }""");
        var session = begun.Headers["Mcp-Session-Id"];
        await using var call = await OpenAsync(token, session, """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"things_ask"} }""");
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
        string last;
        await using (var call = await OpenAsync(token, session, """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"things_long","_meta":{"progressToken":"p"} } }"""))
        {
            last = (await call.NextAsync()).Id;
        }

        var bob = _portal.Token("bob@example.com");
        using (var foreign = await GetAsync(bob, session, last))
        {
            Assert.Equal(404, (int)foreign.StatusCode);
        }

        var bobsSession = await _portal.InitializeAsync(bob);
        using (var other = await GetAsync(bob, bobsSession, last))
        {
            await using var events = new Events(other);
            _release.TrySetResult();
            await Assert.ThrowsAsync<TimeoutException>(() => events.NextAsync().WaitAsync(TimeSpan.FromSeconds(2)));
        }

        using var resumed = await GetAsync(token, session, last);
        await using var rest = new Events(resumed);
        Event message;
        do
        {
            message = await rest.NextAsync();
        }
        while (!message.Json.TryGetProperty("result", out _));
        Assert.Equal("long", message.Json.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString());
    }

    private async Task<EdgeProcess> StartEdgeAsync(string redis)
    {
        var edge = await EdgeProcess.StartAsync([.. world.PeerAddresses(), new("ConnectionStrings:redis", redis), new("Outbound:AllowedNetworks:0", "127.0.0.0/8")]);
        var position = world.Configuration.Changes.Count;
        await Eventually.Async(() => edge.Get<RouteTableSource>().Current?.Snapshot.Position >= position
            && edge.Get<KeyRing>().Current.SealingKeys.Values.Any(key => key.ApplicationId == _portal.Application.Id));
        return edge;
    }

    private async Task<Events> OpenAsync(string token, string session, string body)
    {
        var http = _portal.Http(token);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{_portal.Host}/mcp") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Mcp-Session-Id", session);
        return new Events(await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead), http);
    }

    private async Task<HttpResponseMessage> GetAsync(string token, string session, string last)
    {
        var http = _portal.Http(token);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{_portal.Host}/mcp");
        request.Headers.Add("Mcp-Session-Id", session);
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Add("Last-Event-ID", last);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private async Task<string> LongAsync(IProgress<ProgressNotificationValue> progress, CancellationToken cancellation)
    {
        progress.Report(new() { Progress = 1 });
        await _release.Task.WaitAsync(cancellation);
        progress.Report(new() { Progress = 2 });
        return "long";
    }

    private static async Task<string> AskAsync(ModelContextProtocol.Server.McpServer server, CancellationToken cancellation)
    {
        var answer = await server.ElicitAsync(new ElicitRequestParams { Message = "Who?", RequestedSchema = new ElicitRequestParams.RequestSchema() }, cancellation);
        return answer.Action;
    }

    private sealed record Event(string Id, JsonElement Json);

    /// <summary>Reads the messages of an event stream; comments and events without data are passed over.</summary>
    private sealed class Events(HttpResponseMessage response, HttpClient? http = null) : IAsyncDisposable
    {
        private StreamReader? _reader;

        public async Task<Event> NextAsync()
        {
            _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync());
            var id = "";
            while (await _reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    id = line[4..];
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    return new Event(id, JsonDocument.Parse(line[6..]).RootElement);
                }
            }

            throw new EndOfStreamException();
        }

        public ValueTask DisposeAsync()
        {
            response.Dispose();
            http?.Dispose();
            return default;
        }
    }
}
