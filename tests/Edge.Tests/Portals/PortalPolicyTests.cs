using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Who sees and calls what, on the configuration of now.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalPolicyTests(World world) : IAsyncLifetime
{
    private McpUpstream _upstream = null!;
    private PortalHarness _portal = null!;
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task InitializeAsync()
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless: true, upstream =>
        {
            upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
            upstream.Tools.Add(McpServerTool.Create(() => "written", new() { Name = "write_all" }));
            upstream.Tools.Add(McpServerTool.Create(async (CancellationToken cancellation) => { await _release.Task.WaitAsync(cancellation); return "waited"; }, new() { Name = "wait" }));
        });
        _portal = await PortalHarness.CreateAsync(world, $"policy-{Guid.NewGuid():N}.test");
    }

    public async Task DisposeAsync()
    {
        await _portal.DisposeAsync();
        _release.TrySetResult();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task ServerOfAnother_IsHiddenAndRefusedEverywhere()
    {
        await _portal.AddAsync("mine", _upstream);
        await _portal.AddAsync("hers", _upstream, policies: World.Allow(new Rule.Email("alice@example.com")));
        var bob = _portal.Token("bob@example.com");
        var session = await _portal.InitializeAsync(bob);
        foreach (var way in new[] { session, null })
        {
            Assert.DoesNotContain("hers", (await _portal.RpcAsync(bob, way, "tools/list")).Body, StringComparison.Ordinal);
            Assert.Equal(-32602, (await _portal.RpcAsync(bob, way, "tools/call", """{"name":"hers_read"}""")).ErrorCode);
            Assert.DoesNotContain("hers", (await _portal.RpcAsync(bob, way, "tools/call", """{"name":"portal_list_servers"}""")).Body, StringComparison.Ordinal);
            Assert.DoesNotContain("HERS", (await _portal.RpcAsync(bob, way, "tools/call", """{"name":"portal_toggle_single_server","arguments":{"server_id":"hers","action":"toggle"} }""")).Text, StringComparison.Ordinal);
            Assert.Equal("read", (await _portal.RpcAsync(bob, way, "tools/call", """{"name":"mine_read"}""")).Text);
        }

        var alice = _portal.Token();
        Assert.Equal("read", (await _portal.RpcAsync(alice, null, "tools/call", """{"name":"hers_read"}""")).Text);
    }

    [Fact]
    public async Task NobodysServers_AreSaidToBeNone()
    {
        await _portal.AddAsync("hers", _upstream, policies: World.Allow(new Rule.Email("alice@example.com")));
        var answer = await _portal.RpcAsync(_portal.Token("bob@example.com"), null, "tools/list");
        Assert.Equal("No allowed servers available, check your Zero Trust Policies", answer.Json.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task DisabledTool_RemovedServer_ChangedPolicy_CountAtTheNextCall()
    {
        var record = await _portal.AddAsync("things", _upstream);
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""")).Text);

        await _portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedTools = [new() { Name = "read", Enabled = false }] }] });
        Assert.Equal(-32602, (await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""")).ErrorCode);
        Assert.DoesNotContain("things_read", (await _portal.RpcAsync(token, session, "tools/list")).Body, StringComparison.Ordinal);

        world.Configuration.Put(record with { ToolPolicies = [new McpToolPolicy { Tools = ["write_*"], Policies = [Guid.NewGuid()] }] });
        await world.KnowsAsync();
        Assert.Equal(-32602, (await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_write_all"}""")).ErrorCode);

        await _portal.ChangeAsync(portal => portal with { Servers = [] });
        Assert.Equal(-32000, (await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_wait"}""")).ErrorCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ServersPolicyThatNoLongerAdmits_EndsWhatIsUnderWay_AndCountsAtTheNextCall(bool hasSession)
    {
        var policy = World.Allow(new Rule.Email("alice@example.com"));
        await _portal.AddAsync("things", _upstream, policies: policy);
        await _portal.AddAsync("others", _upstream);
        var token = _portal.Token();
        var session = hasSession ? await _portal.InitializeAsync(token) : null;
        var call = _portal.RpcAsync(token, session, "tools/call", """{"name":"things_wait"}""");
        await Eventually.Async(() => _upstream.Received.Any(received => received.Rpc == "tools/call"));
        await using var heard = hasSession ? await _portal.ListenAsync(token, session!) : await _portal.OpenStatelessAsync(token, "subscriptions/listen", """{"notifications":{"toolsListChanged":true} }""");

        // By its id: the application that refers to it stays as it is.
        world.Configuration.Put(policy with { Include = [new Rule.Email("bob@example.com")] });
        await world.KnowsAsync();
        AssertNoLongerAdmitted(await call.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(-32602, (await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""", "2")).ErrorCode);
        Assert.DoesNotContain("things_", (await _portal.RpcAsync(token, session, "tools/list", id: "3")).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("things", (await _portal.RpcAsync(token, session, "tools/call", """{"name":"portal_list_servers"}""", "4")).Body, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", """{"name":"others_read"}""", "5")).Text);

        // And back again: the session is the same.
        world.Configuration.Put(policy);
        await world.KnowsAsync();
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""", "6")).Text);
        JsonElement message;
        do
        {
            message = (await heard.NextAsync().WaitAsync(Eventually.DefaultDeadline)).Json;
        }
        while (message.GetProperty("method").GetString() != "notifications/tools/list_changed");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CallUnderWay_EndsWhenItsToolIsTakenAway(bool hasSession)
    {
        await _portal.AddAsync("things", _upstream);
        var token = _portal.Token();
        var session = hasSession ? await _portal.InitializeAsync(token) : null;
        var call = _portal.RpcAsync(token, session, "tools/call", """{"name":"things_wait"}""");
        await Eventually.Async(() => _upstream.Received.Any(received => received.Rpc == "tools/call"));
        await _portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedTools = [new() { Name = "wait", Enabled = false }] }] });
        AssertNoLongerAdmitted(await call.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task ExecutedTool_EndsWhenItIsTakenAway()
    {
        await _portal.AddAsync("things", _upstream);
        var begun = await _portal.PostAsync(
            _portal.Token(), """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"} }""", query: "?optimize_context=search_and_execute");
        var call = _portal.RpcAsync(_portal.Token(), begun.Headers["Mcp-Session-Id"], "tools/call", """{"name":"portal_execute","arguments":{"name":"things_wait"} }""");
        await Eventually.Async(() => _upstream.Received.Any(received => received.Rpc == "tools/call"));
        await _portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedTools = [new() { Name = "wait", Enabled = false }] }] });
        AssertNoLongerAdmitted(await call.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData("resources/read", """{"uri":"x://wait"}""")]
    [InlineData("resources/subscribe", """{"uri":"x://wait"}""")]
    [InlineData("completion/complete", """{"ref":{"type":"ref/resource","uri":"x://wait"},"argument":{"name":"a","value":""} }""")]
    public async Task RequestAboutAResource_EndsWhenItsServerIsTakenAway(string method, string parameters)
    {
        await _portal.AddAsync("things", _upstream, catalog: catalog => catalog with { Resources = [JsonDocument.Parse("""{"uri":"x://wait","name":"wait"}""").RootElement] });
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        var isAsked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.Null((await _portal.RpcAsync(token, session, "tools/call", """{"name":"things_read"}""")).ErrorCode);
        _upstream.Instead = async context =>
        {
            if (context.Request.Headers["Mcp-Method"] == method)
            {
                isAsked.TrySetResult();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
                return true;
            }

            return false;
        };
        var call = _portal.RpcAsync(token, session, method, parameters, "2");
        await isAsked.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await _portal.ChangeAsync(portal => portal with { Servers = [] });
        AssertNoLongerAdmitted(await call.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task ClientThatDoesNotRead_KeepsNoChangeFromAnybody()
    {
        await _portal.AddAsync("things", _upstream);
        var token = _portal.Token();
        await using var body = new StuckStream();
        var context = new DefaultHttpContext();
        context.Response.Body = body;
        var alice = new Identity { UserId = PortalHarness.UserId("alice@example.com"), Email = "alice@example.com", IdentityProviderId = Guid.Empty, IdentityProviderType = "", AuthenticatedAt = DateTimeOffset.UtcNow };
        var listener = new Listener("stuck", _portal.Application.Id, new PortalVisitor(alice, new RequestFacts()), [], new ClientStream(context, null, TimeProvider.System));
        using (world.Edge.Get<Listeners>().Add(listener))
        {
            await _portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedTools = [new() { Name = "read", Enabled = false }] }] });
            await body.IsWritten.Task.WaitAsync(TimeSpan.FromSeconds(30));
            var call = _portal.RpcAsync(token, null, "tools/call", """{"name":"things_wait"}""");
            await Eventually.Async(() => _upstream.Received.Any(received => received.Rpc == "tools/call"));
            await _portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedTools = [new() { Name = "wait", Enabled = false }] }] });
            AssertNoLongerAdmitted(await call.WaitAsync(TimeSpan.FromSeconds(30)));
        }
    }

    [Fact]
    public async Task EndedGrant_EndsTheStream()
    {
        await _portal.AddAsync("things", _upstream);
        var grant = Guid.NewGuid();
        var token = _portal.Token(grant: grant);
        var session = await _portal.InitializeAsync(token);
        using var http = _portal.Http(token);
        http.DefaultRequestHeaders.Add("Mcp-Session-Id", session);
        http.DefaultRequestHeaders.Add("Accept", "text/event-stream");
        using var response = await http.GetAsync($"http://{_portal.Host}/mcp", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)response.StatusCode);
        var reading = response.Content.ReadAsStringAsync();
        world.Tokens.Revoke(grant);
        await Assert.ThrowsAnyAsync<Exception>(() => reading.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(401, (await _portal.RpcAsync(token, session, "ping")).Status);
    }

    [Fact]
    public async Task ChangedTools_AreToldToWhoListens()
    {
        await _portal.AddAsync("things", _upstream);
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = await _portal.ConnectAsync("2025-11-25");
        await using var registration = client.RegisterNotificationHandler("notifications/tools/list_changed", (_, _) =>
        {
            heard.TrySetResult();
            return default;
        });

        // The stream may not be open yet: switch until it is heard.
        for (var enabled = false; !heard.Task.IsCompleted; enabled = !enabled)
        {
            await _portal.ChangeAsync(portal => portal with { Servers = [portal.Servers[0] with { UpdatedTools = [new() { Name = "read", Enabled = enabled }] }] });
            await Task.WhenAny(heard.Task, Task.Delay(TimeSpan.FromSeconds(1)));
        }
    }

    [Fact]
    public async Task ServiceToken_NeedsAPolicyAtThePortalAndAtEachServer()
    {
        var machine = World.PolicyOf(PolicyAction.NonIdentity, new Rule.ServiceToken(world.Machine.Id));
        await using var portal = await PortalHarness.CreateAsync(world, $"machine-{Guid.NewGuid():N}.test", World.Allow(new Rule.EmailDomain("example.com")), machine);
        await portal.AddAsync("people", _upstream);
        await portal.AddAsync("all", _upstream, record => record with { SendAssertion = true }, policies: [World.Allow(new Rule.EmailDomain("example.com")), machine]);
        await portal.AddAsync("own", _upstream, record => record with { AuthType = McpAuthType.Oauth }, policies: [machine]);
        (string, string)[] headers =
        [
            ("CF-Access-Client-Id", world.Machine.ClientId), ("CF-Access-Client-Secret", world.MachineSecret), ("MCP-Protocol-Version", "2026-07-28"),
        ];
        const string meta = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}";
        var list = await portal.PostAsync(null, $"{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{{{meta}}}}}", [.. headers, ("Mcp-Method", "tools/list")]);
        Assert.Equal(200, list.Status);
        Assert.Contains("all_read", list.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("people_", list.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("own_", list.Body, StringComparison.Ordinal);
        foreach (var name in new[] { "people_read", "own_read" })
        {
            var call = await portal.PostAsync(null, $"{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{{\"name\":\"{name}\",{meta}}}}}", [.. headers, ("Mcp-Method", "tools/call"), ("Mcp-Name", name)]);
            Assert.Equal(-32602, call.ErrorCode);
        }

        // A server that wants to know who asks is told of the token, at its own application.
        var read = await portal.PostAsync(null, $"{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{{\"name\":\"all_read\",{meta}}}}}", [.. headers, ("Mcp-Method", "tools/call"), ("Mcp-Name", "all_read")]);
        Assert.Null(read.ErrorCode);
        var sent = Assert.Single(_upstream.Received, received => received.Headers.ContainsKey("Cf-Access-Jwt-Assertion")).Headers["Cf-Access-Jwt-Assertion"];
        var claims = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(sent.Split('.')[1]));
        Assert.Contains(world.Machine.ClientId, claims, StringComparison.Ordinal);
        Assert.DoesNotContain(portal.Application.Aud, claims, StringComparison.Ordinal);
    }

    private static void AssertNoLongerAdmitted(PortalAnswer answer)
        => Assert.Equal("The configuration no longer admits this request.", answer.Json.GetProperty("error").GetProperty("message").GetString());

    /// <summary>A connection whose client does not read.</summary>
    private sealed class StuckStream : MemoryStream
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource IsWritten { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            IsWritten.TrySetResult();
            await _released.Task;
        }

        protected override void Dispose(bool disposing)
        {
            _released.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
