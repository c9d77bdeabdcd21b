using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

using McpCatalog = ManagedOAuth.Contracts.Configuration.McpCatalog;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Servers of the older SSE transport, whose address does not say so.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalTransportTests(World world)
{
    private static readonly JsonTypeInfo<JsonRpcMessage> s_message = (JsonTypeInfo<JsonRpcMessage>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcMessage));
    private readonly ConcurrentQueue<string> _received = new();
    private readonly List<McpServerTool> _tools = [Read()];
    private readonly ConcurrentDictionary<string, (SseResponseStreamTransport Transport, HttpContext Context)> _transports = new();

    [Theory]
    [InlineData("/events", 404, true)]
    [InlineData("/events", 405, true)]
    [InlineData("/events", 406, true)]
    [InlineData("/", 400, true)]
    [InlineData("/events", 403, false)]
    [InlineData("/events", 500, false)]
    [InlineData("/deep/mcp", 405, false)]
    public async Task ServerThatRefusesThePost_IsSpokenWithOverSse_WhereItsAddressLeavesThatOpen(string path, int refusal, bool works)
    {
        await using var server = await StartAsync(path, refusal);
        await using var portal = await PortalHarness.CreateAsync(world, $"transport-{Guid.NewGuid():N}.test");
        await AddAsync(portal, server.Urls.Single() + path);
        var token = portal.Token();
        foreach (var session in new[] { await portal.InitializeAsync(token), null })
        {
            for (var id = 1; id <= 2; id++)
            {
                var answer = await portal.RpcAsync(token, session, "tools/call", """{"name":"old_read"}""", $"{id}");
                Assert.True(works ? answer.Text == "read" : answer.ErrorCode == -32000, answer.Body);
            }
        }

        // One stream for the session, one for the grant; none where it is not to be tried.
        Assert.Equal(works ? 2 : 0, _received.Count(received => received == "GET"));
    }

    [Theory]
    [InlineData("/sse", McpTransport.Sse, "/")]
    [InlineData("/deep/sse", McpTransport.Sse, "/deep")]
    [InlineData("/deep", McpTransport.Sse, "/deep/")]
    public async Task ServerThatWasFoundBelowItsAddress_IsCalledThere(string path, McpTransport transport, string address)
    {
        await using var server = await StartAsync(path, 403);
        await using var portal = await PortalHarness.CreateAsync(world, $"transport-{Guid.NewGuid():N}.test");
        await AddAsync(portal, server.Urls.Single() + address, catalog => catalog with { Endpoint = server.Urls.Single() + (path == "/deep" ? address : path), Transport = transport });
        var token = portal.Token();
        var answer = await portal.RpcAsync(token, await portal.InitializeAsync(token), "tools/call", """{"name":"old_read"}""");
        Assert.Equal("read", answer.Text);
    }

    [Fact]
    public async Task ServerThatWasFoundBelowItsAddress_IsCalledThere_OverStreamableHttp_AndNowhereElse()
    {
        await using var server = await McpUpstream.StartAsync("old", isStateless: false, upstream => upstream.Tools.Add(Read()));
        await using var portal = await PortalHarness.CreateAsync(world, $"transport-{Guid.NewGuid():N}.test");
        var origin = server.Url[..^"/mcp".Length];
        var record = await portal.AddAsync("old", server, record => record with { Hostname = origin }, catalog: catalog => catalog with { Endpoint = server.Url, Transport = McpTransport.StreamableHttp });
        var token = portal.Token();
        Assert.Equal("read", (await portal.RpcAsync(token, null, "tools/call", """{"name":"old_read"}""")).Text);

        // The catalog is of an address that the server no longer has: what was found there is not asked, and shown no credential.
        var seen = server.Received.Count;
        world.Configuration.Put(record with { Hostname = origin.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/elsewhere", Version = 2 });
        await world.KnowsAsync();
        Assert.Equal(-32000, (await portal.RpcAsync(token, null, "tools/call", """{"name":"old_read"}""")).ErrorCode);
        Assert.Equal(seen, server.Received.Count);
    }

    [Fact]
    public async Task Stream_ThatBroke_IsOpenedAgain()
    {
        await using var server = await StartAsync("/events", 405);
        await using var portal = await PortalHarness.CreateAsync(world, $"transport-{Guid.NewGuid():N}.test");
        await AddAsync(portal, server.Urls.Single() + "/events");
        var token = portal.Token();
        var session = await portal.InitializeAsync(token);
        Assert.Equal("read", (await portal.RpcAsync(token, session, "tools/call", """{"name":"old_read"}""")).Text);
        foreach (var (_, transport) in _transports)
        {
            transport.Context.Abort();
        }

        // The portal learns of the end when it is there; until then a call may fail.
        await Eventually.Async(async () => (await portal.RpcAsync(token, session, "tools/call", """{"name":"old_read"}""")).ErrorCode is null);
        Assert.Equal(2, _received.Count(received => received == "GET"));
    }

    [Fact]
    public async Task CallThatTakesLongerThanASessionMayBeSilent_GoesOn()
    {
        var tool = new LongTool();
        _tools.Add(tool.Create());
        await using var server = await StartAsync("/sse", 405);
        await using var portal = await PortalHarness.CreateAsync(world, $"transport-{Guid.NewGuid():N}.test");
        await AddAsync(portal, server.Urls.Single() + "/sse", timeout: "10m");
        await using var edge = await portal.StartEdgeAsync(null, new KeyValuePair<string, string?>("Edge:Portals:UpstreamIdle", "00:00:01"));
        portal.Port = edge.Port;
        var (alice, bob) = (portal.Token(), portal.Token("bob@example.com"));
        await using var call = await portal.OpenAsync(alice, await portal.InitializeAsync(alice), """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"old_long","_meta":{"progressToken":"p"} } }""");
        await Eventually.Async(() => tool.Begun == 1);
        Assert.Equal("read", (await portal.RpcAsync(bob, await portal.InitializeAsync(bob), "tools/call", """{"name":"old_read"}""")).Text);
        await Eventually.Async(() => _received.Contains("closed"));
        tool.Release();
        Assert.Equal("long", await LongTool.ResultOfAsync(call));
    }

    [Fact]
    public async Task Stream_ThatBroke_IsOpenedAgainForAClientThatListens_WithoutACall()
    {
        await using var server = await StartAsync("/sse", 405);
        await using var portal = await PortalHarness.CreateAsync(world, $"transport-{Guid.NewGuid():N}.test");
        await AddAsync(portal, server.Urls.Single() + "/sse");
        await using var edge = await portal.StartEdgeAsync(null, new KeyValuePair<string, string?>("Edge:Portals:UpstreamIdle", "00:00:02"));
        portal.Port = edge.Port;
        var token = portal.Token();
        var session = await portal.InitializeAsync(token);
        await using var listening = await portal.ListenAsync(token, session);
        Assert.Equal("read", (await portal.RpcAsync(token, session, "tools/call", """{"name":"old_read"}""")).Text);
        Assert.Single(_transports.Values).Context.Abort();
        await Eventually.Async(() => _received.Count(received => received == "GET") == 2);
    }

    private async Task AddAsync(PortalHarness portal, string address, Func<McpCatalog, McpCatalog>? found = null, string timeout = "30s")
    {
        // Its tools are read from a server like it.
        await using var twin = await McpUpstream.StartAsync("old", isStateless: false, upstream => _tools.ForEach(upstream.Tools.Add));
        await portal.AddAsync("old", twin, record => record with { Hostname = address, RequestTimeout = timeout }, catalog: catalog => (found?.Invoke(catalog) ?? catalog) with { ProtocolVersion = "2024-11-05" });
    }

    private static McpServerTool Read() => McpServerTool.Create(() => "read", new() { Name = "read" });

    private async Task<WebApplication> StartAsync(string path, int refusal)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost(path, (HttpContext context, CancellationToken _) => Results.StatusCode(refusal));
        app.MapGet(path, (Delegate)ListenAsync);
        app.MapPost("/messages", (Delegate)ReceiveAsync);
        await app.StartAsync();
        return app;
    }

    private async Task ListenAsync(HttpContext context)
    {
        _received.Enqueue("GET");
        var id = Guid.NewGuid().ToString("N");
        context.Response.ContentType = "text/event-stream";
        await using var transport = new SseResponseStreamTransport(context.Response.Body, $"/messages?id={id}", id);
        _transports[id] = (transport, context);
        var run = transport.RunAsync(context.RequestAborted);
        await using var server = McpServer.Create(transport, new McpServerOptions { ServerInfo = new Implementation { Name = "old", Version = "1" }, ToolCollection = [.. _tools] });
        try
        {
            await Task.WhenAll(run, server.RunAsync(context.RequestAborted));
        }
        catch (OperationCanceledException)
        {
            // The portal, or the test, has closed the stream.
        }

        _received.Enqueue("closed");
    }

    private async Task<IResult> ReceiveAsync(HttpContext context, CancellationToken cancellation)
    {
        _received.Enqueue("message");
        var message = await JsonSerializer.DeserializeAsync(context.Request.Body, s_message, cancellation);
        await _transports[context.Request.Query["id"]!].Transport.OnMessageReceivedAsync(message!, cancellation);
        return Results.Accepted();
    }
}
