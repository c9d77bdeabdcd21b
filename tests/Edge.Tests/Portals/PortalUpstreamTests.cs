using System.Buffers.Text;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>What servers are shown, and what is told of the calls to them.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalUpstreamTests(World world) : IAsyncLifetime
{
    private const string Read = """{"name":"things_read"}""";
    private PortalHarness _portal = null!;
    private McpUpstream _stateful = null!;
    private McpUpstream _stateless = null!;

    public async Task InitializeAsync()
    {
        _portal = await PortalHarness.CreateAsync(world, $"up-{Guid.NewGuid():N}.test");
        _stateful = await McpUpstream.StartAsync("stateful", isStateless: false, Fill);
        _stateless = await McpUpstream.StartAsync("stateless", isStateless: true, Fill);
    }

    public async Task DisposeAsync()
    {
        await _portal.DisposeAsync();
        await _stateful.DisposeAsync();
        await _stateless.DisposeAsync();
    }

    [Fact]
    public async Task Server_SeesItsOwnCredentialAndNothingOfTheClients()
    {
        _stateless.Tokens.UnionWith(["alices", "admins"]);
        var own = await _portal.AddAsync("own", _stateless, record => record with { AuthType = McpAuthType.Oauth });
        var shared = await _portal.AddAsync("shared", _stateless, record => record with { AuthType = McpAuthType.Bearer });
        await _portal.AddAsync("open", _stateful);
        var alice = PortalHarness.UserId("alice@example.com");
        world.Upstreams.Tokens[(own.Id, alice.ToString())] = "alices";
        world.Upstreams.Tokens[(shared.Id, "")] = "admins";

        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        foreach (var (server, way) in new[] { ("own", session), ("shared", null), ("open", session), ("open", null) })
        {
            Assert.Equal("read", (await _portal.RpcAsync(token, way, "tools/call", $$"""{"name":"{{server}}_read"}""")).Text);
        }

        Assert.Equal(["Bearer alices", "Bearer admins"], _stateless.Received.Where(r => r.Rpc == "tools/call").Select(r => r.Headers["Authorization"]));
        Assert.All(_stateful.Received, received => Assert.False(received.Headers.ContainsKey("Authorization")));
        foreach (var received in _stateful.Received.Concat(_stateless.Received))
        {
            Assert.DoesNotContain(received.Headers, header => header.Value.Contains(token, StringComparison.Ordinal)
                || header.Key.StartsWith("Cf-", StringComparison.OrdinalIgnoreCase)
                || header.Key.Equals("Cookie", StringComparison.OrdinalIgnoreCase)
                || header.Value.Contains(session, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Assertion_GoesOnlyWhereItIsWanted()
    {
        await _portal.AddAsync("told", _stateless, record => record with { SendAssertion = true });
        await _portal.AddAsync("untold", _stateful);
        var token = _portal.Token();
        var minted = world.Tokens.Minted;
        for (var i = 0; i < 6; i++)
        {
            var answer = await _portal.RpcAsync(token, null, "tools/call", i % 2 == 0 ? """{"name":"told_read"}""" : """{"name":"untold_read"}""");
            Assert.True(answer.ErrorCode is null, answer.Body);
        }

        Assert.Equal(minted + 1, world.Tokens.Minted);
        Assert.Single(Assertions(_stateless));
        Assert.Empty(Assertions(_stateful));
    }

    [Fact]
    public async Task Assertion_ThatAServerGot_OpensNothing()
    {
        await _portal.AddAsync("told", _stateless, record => record with { SendAssertion = true });
        await _portal.RpcAsync(_portal.Token(), null, "tools/call", """{"name":"told_read"}""");
        var sent = Assert.Single(Assertions(_stateless));
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(sent.Split('.')[1]));
        Assert.True(claims.RootElement.TryGetProperty("linked_app_uid", out _));
        Assert.NotEqual(_portal.Application.Aud, claims.RootElement.GetProperty("aud")[0].GetString());
        foreach (var target in new[] { "/mcp", "/", "/authorize" })
        {
            foreach (var header in new[] { "Cf-Access-Token: ", "Cookie: CF_Authorization=" })
            {
                Assert.Equal(await StatusAsync(target, header + "x.y.z"), await StatusAsync(target, header + sent));
            }
        }

        // What would have opened it.
        var own = world.Tokens.Assertion(_portal.Application, Guid.NewGuid());
        Assert.NotEqual(await StatusAsync("/mcp", "Cf-Access-Token: x.y.z"), await StatusAsync("/mcp", $"Cf-Access-Token: {own}"));

        async Task<int?> StatusAsync(string target, string header) => (await world.GetAsync(_portal.Host, target, header))?.Status;
    }

    [Fact]
    public async Task Assertion_ThatCannotBeHad_FailsTheCall()
    {
        await _portal.AddAsync("told", _stateless, record => record with { SendAssertion = true });
        world.Tokens.RefusesLinks = true;
        try
        {
            var answer = await _portal.RpcAsync(_portal.Token(), null, "tools/call", """{"name":"told_read"}""");
            Assert.Equal((-32000, "unavailable"), (answer.ErrorCode, answer.Json.GetProperty("error").GetProperty("data").GetProperty("reason").GetString()));
            Assert.Empty(Assertions(_stateless));
        }
        finally
        {
            world.Tokens.RefusesLinks = false;
        }
    }

    [Fact]
    public async Task TwoUsers_HaveCredentialsAndSessionsOfTheirOwn()
    {
        _stateful.Tokens.UnionWith(["alices", "bobs"]);
        var own = await _portal.AddAsync("own", _stateful, record => record with { AuthType = McpAuthType.Oauth });
        foreach (var (email, upstreamToken) in new[] { ("alice@example.com", "alices"), ("bob@example.com", "bobs") })
        {
            world.Upstreams.Tokens[(own.Id, PortalHarness.UserId(email).ToString())] = upstreamToken;
        }

        var (alice, bob) = (_portal.Token(), _portal.Token("bob@example.com"));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            var token = i % 2 == 0 ? alice : bob;
            Assert.Equal("read", (await _portal.RpcAsync(token, null, "tools/call", """{"name":"own_read"}""")).Text);
        }));
        var calls = _stateful.Received.Where(received => received.Rpc == "tools/call").ToList();
        var bySession = calls.GroupBy(call => call.Headers["Mcp-Session-Id"]).ToList();
        Assert.Equal(2, bySession.Count);
        Assert.All(bySession, session => Assert.Single(session.Select(call => call.Headers["Authorization"]).Distinct()));
    }

    [Fact]
    public async Task WithoutLogin_TheClientIsLedToThePortalsPage()
    {
        _stateless.Tokens.Add("x");
        await _portal.AddAsync("own", _stateless, record => record with { AuthType = McpAuthType.Oauth });
        var plain = await _portal.RpcAsync(_portal.Token(), null, "tools/call", """{"name":"own_read"}""");
        Assert.Contains($"https://{_portal.Host}/authorize?elicitationId=", plain.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);

        var token = _portal.Token();
        var begun = await _portal.PostAsync(token, """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{"url":{} } } } }""");
        var answer = await _portal.RpcAsync(token, begun.Headers["Mcp-Session-Id"], "tools/call", """{"name":"own_read"}""");
        Assert.Equal(-32042, answer.ErrorCode);
        var elicitation = answer.Json.GetProperty("error").GetProperty("data").GetProperty("elicitations")[0];
        Assert.Equal("url", elicitation.GetProperty("mode").GetString());
        var id = elicitation.GetProperty("elicitationId").GetString()!;
        Assert.Equal($"https://{_portal.Host}/authorize?elicitationId={id}&server=own", elicitation.GetProperty("url").GetString());
        Assert.Equal((false, true), (LoginInvitation.IsForAnother(id, PortalHarness.UserId("alice@example.com")), LoginInvitation.IsForAnother(id, PortalHarness.UserId("bob@example.com"))));
        Assert.DoesNotContain(_stateless.Received.Where(received => received.Rpc != "401"), received => received.Headers.GetValueOrDefault("Mcp-Name") == "read");
    }

    [Fact]
    public async Task RefusedCredential_IsAskedForOnceMore()
    {
        _stateless.Tokens.Add("old");
        var own = await _portal.AddAsync("own", _stateless, record => record with { AuthType = McpAuthType.Oauth });
        var user = PortalHarness.UserId("alice@example.com").ToString();
        world.Upstreams.Tokens[(own.Id, user)] = "old";
        var token = _portal.Token();
        Assert.Equal("read", (await _portal.RpcAsync(token, null, "tools/call", """{"name":"own_read"}""")).Text);

        _stateless.Tokens.Clear();
        _stateless.Tokens.Add("new");
        world.Upstreams.Tokens[(own.Id, user)] = "new";
        Assert.Equal("read", (await _portal.RpcAsync(token, null, "tools/call", """{"name":"own_read"}""")).Text);
        Assert.Contains(world.Upstreams.Asked, asked => asked.ServerId == own.Id.ToString() && asked.Refused == "old" && asked.ServerUrl == own.Hostname);

        _stateless.Tokens.Clear();
        _stateless.Tokens.Add("nobodys");
        var refused = await _portal.RpcAsync(token, null, "tools/call", """{"name":"own_read"}""");
        Assert.Contains("has ended", refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(200, refused.Status);
        Assert.DoesNotContain("evil.test", refused.Body + string.Join('\n', refused.Headers.Values), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LostSession_IsBegunAnew()
    {
        await _portal.AddAsync("things", _stateful);
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", Read)).Text);
        _stateful.ForgetSessions();
        Assert.Equal("read", (await _portal.RpcAsync(token, session, "tools/call", Read, "2")).Text);
        Assert.Equal(2, _stateful.Received.Count(received => received.Rpc == "initialize" && received.Headers.GetValueOrDefault("User-Agent") == "ManagedOAuth-portal"));
    }

    [Fact]
    public async Task DeadServer_DoesNotBlockOthers_AndComesBack()
    {
        await _portal.AddAsync("things", _stateless);
        await _portal.AddAsync("others", _stateful);
        var token = _portal.Token();
        await _stateless.StopAsync();
        for (var i = 0; i < 8; i++)
        {
            var dead = await _portal.RpcAsync(token, null, "tools/call", Read);
            Assert.Equal(-32000, dead.ErrorCode);
            Assert.Equal("things", dead.Json.GetProperty("error").GetProperty("data").GetProperty("server_id").GetString());
        }

        // Every few seconds one call finds out whether it is back: a slow machine may have to ask once more.
        await Eventually.Async(async () => (await _portal.RpcAsync(token, null, "tools/call", Read)).Body.Contains("not been reachable for a while", StringComparison.Ordinal));
        Assert.Equal("read", (await _portal.RpcAsync(token, null, "tools/call", """{"name":"others_read"}""")).Text);
        Assert.Contains("things_read", (await _portal.RpcAsync(token, null, "tools/list")).Body, StringComparison.Ordinal);
        await _stateless.StartAsync();
        await Eventually.Async(async () => (await _portal.RpcAsync(token, null, "tools/call", Read)).ErrorCode is null);
    }

    [Fact]
    public async Task TooManyCalls_AreRefusedForThatUserAlone()
    {
        await _portal.AddAsync("things", _stateless, record => record with { CallsPerMinute = 20 });
        var token = _portal.Token();
        Assert.Equal("read", (await _portal.RpcAsync(token, null, "tools/call", Read)).Text);
        await Eventually.Async(async () => (await _portal.RpcAsync(token, null, "tools/call", Read)).ErrorCode == -32005);
        Assert.Equal("read", (await _portal.RpcAsync(_portal.Token("bob@example.com"), null, "tools/call", Read)).Text);
    }

    [Fact]
    public async Task Log_TellsOfEveryCall()
    {
        world.PortalLog.Failures = 2;
        await _portal.AddAsync("things", _stateless);
        var token = _portal.Token();
        var ok = await _portal.RpcAsync(token, null, "tools/call", Read);
        await _portal.RpcAsync(token, null, "tools/call", """{"name":"things_secret"}""");
        await Eventually.Async(() => world.PortalLog.Entries.Count(entry => entry.PortalId == _portal.Portal.PortalId && entry.Method == "tools/call") == 2);
        var entries = world.PortalLog.Entries.Where(entry => entry.PortalId == _portal.Portal.PortalId).ToList();
        var good = entries.Single(entry => entry.Success);
        Assert.Equal(("things", "read", "ok", "alice@example.com"), (good.ServerId, good.Tool, good.Outcome, good.UserEmail));
        Assert.True(good.ServerDurationMs >= 0 && Guid.TryParse(good.GrantId, out _) && good.ClientName == "raw");
        Assert.Equal("not_found", entries.Single(entry => !entry.Success).Outcome);
        Assert.Null(ok.ErrorCode);
        Assert.DoesNotContain(entries, entry => entry.ToString().Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Log_HasTheCodeOfAServersError_AndNotItsText()
    {
        await _portal.AddAsync("things", _stateless);
        _stateless.Instead = async context =>
        {
            using var call = await JsonDocument.ParseAsync(context.Request.Body);
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{call.RootElement.GetProperty("id").GetRawText()}},"error":{"code":-32050,"message":"canary"} }""");
            return true;
        };
        Assert.Equal(-32050, (await _portal.RpcAsync(_portal.Token(), null, "tools/call", Read)).ErrorCode);
        await Eventually.Async(() => world.PortalLog.Entries.Any(entry => entry.PortalId == _portal.Portal.PortalId && entry.Error == "The server answered with error -32050."));
        Assert.DoesNotContain(world.PortalLog.Entries, entry => entry.ToString().Contains("canary", StringComparison.Ordinal));
    }

    private static List<string> Assertions(McpUpstream upstream)
        => [.. upstream.Received.Select(received => received.Headers.GetValueOrDefault("Cf-Access-Jwt-Assertion")).OfType<string>().Distinct()];

    private static void Fill(McpUpstream upstream) => upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
}
