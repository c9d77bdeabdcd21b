using System.Text;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Telemetry;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Who gets through to a portal's endpoint, and what it takes as a message.</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalDoorTests(World world) : IAsyncLifetime
{
    private McpUpstream _upstream = null!;
    private PortalHarness _portal = null!;

    public async Task InitializeAsync()
    {
        _upstream = await McpUpstream.StartAsync("things", isStateless: false, upstream => upstream.Tools.Add(McpServerTool.Create((string text) => text, new() { Name = "echo" })));
        _portal = await PortalHarness.CreateAsync(world, $"door-{Guid.NewGuid():N}.test");
        await _portal.AddAsync("things", _upstream);
    }

    public async Task DisposeAsync()
    {
        await _portal.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task FlowOfAnError_IsTheOneInTheLog_WithItsGrant()
    {
        var grant = Guid.NewGuid();
        var answer = await _portal.RpcAsync(_portal.Token(grant: grant), null, "tools/call", """{"name":"things_no_such"}""");
        var flow = answer.Json.GetProperty("error").GetProperty("data").GetProperty("flow_id").GetString();
        Assert.Matches("^[0-9a-f]{32}$", flow);
        await Eventually.Async(() => world.PortalLog.Entries.Any(entry => entry.FlowId == flow));
        var entry = Assert.Single(world.PortalLog.Entries, entry => entry.FlowId == flow);
        Assert.Equal((_portal.Portal.PortalId, grant.ToString(), "not_found"), (entry.PortalId, entry.GrantId, entry.Outcome));
    }

    [Theory]
    [InlineData("nobody-knows-this-one", "{}", "not_found")]
    [InlineData(null, "[]", "invalid_request")]
    [InlineData(null, "{", "invalid_request")]
    [InlineData(null, """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", "invalid_request")]
    public async Task RefusedMessage_IsInTheLogUnderItsFlow(string? session, string body, string outcome)
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        var answer = await _portal.PostAsync(_portal.Token(email), body, session is null ? [] : [("Mcp-Session-Id", session)]);
        var error = answer.Json.GetProperty("error");
        var flow = error.GetProperty("data").GetProperty("flow_id").GetString();
        await Eventually.Async(() => world.PortalLog.Entries.Any(entry => entry.FlowId == flow));
        var entry = Assert.Single(world.PortalLog.Entries, entry => entry.FlowId == flow);
        Assert.Equal((_portal.Portal.PortalId, email, outcome, false), (entry.PortalId, entry.UserEmail, entry.Outcome, entry.Success));
        Assert.Equal(error.GetProperty("message").GetString(), entry.Error);
    }

    [Fact]
    public void FlowOfAServersError_IsAdded_WhereItLosesNothing()
    {
        static string With(string error) => System.Text.Encoding.UTF8.GetString(Edge.Portals.Protocol.RpcWriter.WithFlow(System.Text.Json.JsonDocument.Parse(error).RootElement, "f1").Span);

        Assert.Equal("""{"code":-1,"message":"no","data":{"flow_id":"f1"}}""", With("""{"code":-1,"message":"no"}"""));
        Assert.Equal("""{"code":-1,"data":{"a":[1],"flow_id":"f1"}}""", With("""{"code":-1,"data":{"a":[1]}}"""));
        foreach (var untouched in (string[])["""{"code":-1,"data":"text"}""", """{"code":-1,"data":null}""", """{"data":{"flow_id":"its own"},"code":-1}"""])
        {
            Assert.Equal(untouched, With(untouched));
        }
    }

    [Fact]
    public async Task WithoutToken_IsChallengedWithTheMetadataOfTheEndpoint()
    {
        var answer = await _portal.PostAsync(null, "{}");
        Assert.Equal(401, answer.Status);
        Assert.Equal($"Bearer resource_metadata=\"https://{_portal.Host}/.well-known/oauth-protected-resource/mcp\"", answer.Headers["WWW-Authenticate"]);
    }

    [Fact]
    public async Task Requests_AreCountedForTheOverview()
    {
        await _portal.PostAsync(null, "{}");
        await _portal.PostAsync("not-a-token", "{}");
        await _portal.RpcAsync(_portal.Token(), null, "tools/list");
        var counted = world.Edge.Get<RequestFigures>().Collect().Minutes.SelectMany(minute => minute.Applications).Where(figures => figures.ApplicationId == _portal.Application.Id.ToString()).ToList();
        Assert.Equal((1, 1, 1), (counted.Sum(figures => figures.Allowed), counted.Sum(figures => figures.Challenged), counted.Sum(figures => figures.Refused)));
    }

    [Fact]
    public async Task CodeMode_IsSaidNotToBeThere()
    {
        const string body = """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"} }""";
        var asked = await _portal.PostAsync(_portal.Token(), body, query: "?codemode=search_and_execute");
        Assert.StartsWith("Scripts (codemode) are not run here", asked.Json.GetProperty("result").GetProperty("instructions").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("codemode", (await _portal.PostAsync(_portal.Token(), body)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CookieAlone_NeverAuthorises()
    {
        var cookie = world.Tokens.Assertion(_portal.Application, Guid.NewGuid());
        var answer = await _portal.PostAsync(null, """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{} }""", ("Cookie", $"CF_Authorization={cookie}"));
        Assert.Equal(401, answer.Status);
        Assert.DoesNotContain("error=", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bypass_DoesNotOpenThePortal()
    {
        var open = await PortalHarness.CreateAsync(world, $"bypass-{Guid.NewGuid():N}.test", World.PolicyOf(PolicyAction.Bypass, new Contracts.Policies.Rule.Everyone()));
        Assert.Equal(401, (await open.PostAsync(null, "{}")).Status);
    }

    [Fact]
    public async Task Browser_GetsAnExplanation()
    {
        var answer = await world.GetAsync(_portal.Host, "/mcp", "Accept: text/html", "Sec-Fetch-Mode: navigate");
        Assert.Equal(401, answer!.Status);
        Assert.Contains("This address is for MCP clients", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.test")]
    [InlineData("null")]
    public async Task ForeignOrigin_IsRefused(string origin)
    {
        Assert.Equal(403, (await _portal.PostAsync(_portal.Token(), "{}", ("Origin", origin))).Status);
        var own = await _portal.RpcAsync(_portal.Token(), null, "tools/list");
        Assert.Equal(200, own.Status);
    }

    [Fact]
    public async Task OriginThatIsAllowed_HasAClientInABrowser_AndNoOtherHas()
    {
        const string Initialize = """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"page","version":"1"} } }""";
        (string, string) ui = ("Origin", "https://ui.test"), evil = ("Origin", "https://evil.test");
        await using var portal = await PortalHarness.CreateAsync(world, $"cors-{Guid.NewGuid():N}.test");
        world.Configuration.Put(portal.Application with
        {
            Version = 2,
            CorsHeaders = new CorsHeaders { AllowedOrigins = ["https://ui.test"], AllowedMethods = ["POST", "GET", "DELETE"], AllowedHeaders = ["authorization", "content-type", "mcp-session-id"] },
        });
        await world.KnowsAsync();
        async Task<PortalAnswer> PreflightAsync((string Name, string Value) origin)
        {
            using var http = portal.Http();
            using var request = new HttpRequestMessage(HttpMethod.Options, $"http://{portal.Host}/mcp")
            {
                Headers = { { origin.Name, origin.Value }, { "Access-Control-Request-Method", "POST" }, { "Access-Control-Request-Headers", "authorization, mcp-session-id" } },
            };
            using var response = await http.SendAsync(request);
            return new PortalAnswer((int)response.StatusCode, "", response.Headers.ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
        }

        // The browser asks, the page reads where to log in, and keeps the session.
        var preflight = await PreflightAsync(ui);
        Assert.Equal(
            (204, "https://ui.test", "POST, GET, DELETE", "authorization, content-type, mcp-session-id"),
            (preflight.Status, preflight.Headers["Access-Control-Allow-Origin"], preflight.Headers["Access-Control-Allow-Methods"], preflight.Headers["Access-Control-Allow-Headers"]));
        foreach (var (answer, status, header) in new[]
        {
            (await portal.PostAsync(null, Initialize, ui), 401, "WWW-Authenticate"),
            (await portal.PostAsync(portal.Token(), Initialize, ui), 200, "Mcp-Session-Id"),
        })
        {
            Assert.Equal((status, "https://ui.test"), (answer.Status, answer.Headers["Access-Control-Allow-Origin"]));
            Assert.True(answer.Headers.ContainsKey(header));
            Assert.Contains(header, answer.Headers["Access-Control-Expose-Headers"], StringComparison.Ordinal);
            Assert.Contains("Origin", answer.Headers["Vary"], StringComparison.Ordinal);
        }

        Assert.DoesNotContain("Access-Control-Allow-Origin", (await PreflightAsync(evil)).Headers.Keys);
        var refused = await portal.PostAsync(portal.Token(), Initialize, evil);
        Assert.Equal((403, false, false), (refused.Status, refused.Headers.ContainsKey("Access-Control-Allow-Origin"), refused.Headers.ContainsKey("Mcp-Session-Id")));
    }

    [Fact]
    public async Task ForeignHost_IsNoPortal()
    {
        var answer = await world.SendAsync("POST", "rebound.test", "/mcp", World.Bearer(_portal.Token()), "Content-Length: 0");
        Assert.Equal(421, answer!.Status);
    }

    [Fact]
    public async Task SessionOfAnother_IsNone()
    {
        var (alice, bob) = (_portal.Token(), _portal.Token("bob@example.com"));
        var session = await _portal.InitializeAsync(alice);
        Assert.Equal(404, (await _portal.RpcAsync(bob, session, "tools/list")).Status);
        using var http = _portal.Http(bob);
        http.DefaultRequestHeaders.Add("Mcp-Session-Id", session);
        http.DefaultRequestHeaders.Add("Accept", "text/event-stream");
        Assert.Equal(404, (int)(await http.GetAsync($"http://{_portal.Host}/mcp")).StatusCode);
        Assert.Equal(404, (int)(await http.DeleteAsync($"http://{_portal.Host}/mcp")).StatusCode);
        Assert.Equal(200, (await _portal.RpcAsync(alice, session, "tools/list")).Status);
    }

    [Fact]
    public async Task Session_IsOfOnePortal()
    {
        var other = await PortalHarness.CreateAsync(world, $"other-{Guid.NewGuid():N}.test");
        var session = await _portal.InitializeAsync(_portal.Token());
        Assert.Equal(404, (await other.RpcAsync(other.Token(), session, "ping")).Status);
    }

    [Fact]
    public async Task Session_IsOfTheUserAndNotOfTheToken()
    {
        var session = await _portal.InitializeAsync(_portal.Token());
        Assert.Equal(200, (await _portal.RpcAsync(_portal.Token(), session, "ping")).Status);
    }

    [Theory]
    [InlineData(null, 400)]
    [InlineData("vs-1&user=alice", 400)]
    [InlineData("a b", 400)]
    [InlineData("unknown", 404)]
    public async Task WithoutTheSessionsId_NoSessionIsGuessed(string? id, int status)
    {
        var token = _portal.Token();
        await _portal.InitializeAsync(token);
        (string, string)[] headers = id is null ? [] : [("Mcp-Session-Id", id)];

        // A Redis that has only just begun does not say of any session that there is none.
        await Eventually.Async(async () => (await _portal.PostAsync(token, """{"jsonrpc":"2.0","id":1,"method":"ping"}""", headers)).Status == status);
    }

    [Fact]
    public async Task SessionId_TwiceEmptyOrHuge_IsRefused()
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        const string body = """{"jsonrpc":"2.0","id":1,"method":"ping"}""";
        foreach (var lines in new[] { $"Mcp-Session-Id: {session}\r\nMcp-Session-Id: {session}", "Mcp-Session-Id: ", $"Mcp-Session-Id: {new string('a', 10_240)}" })
        {
            var raw = $"POST /mcp HTTP/1.1\r\nHost: {_portal.Host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n{lines}\r\nContent-Length: {body.Length}\r\n\r\n{body}";
            Assert.Equal(400, (await RawConnection.ExchangeAsync(world.Port, raw))!.Status);
        }

        Assert.Equal(200, (await _portal.RpcAsync(token, session, "ping")).Status);
    }

    [Theory]
    [InlineData("../../x")]
    [InlineData("9999-01-01")]
    [InlineData("2025-06-18, 2025-06-18")]
    public async Task UnknownRevision_IsRefused(string version)
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        Assert.Equal(400, (await _portal.PostAsync(token, """{"jsonrpc":"2.0","id":1,"method":"ping"}""", ("Mcp-Session-Id", session), ("MCP-Protocol-Version", version))).Status);
        Assert.Equal(200, (await _portal.RpcAsync(token, session, "ping")).Status);
    }

    [Theory]
    [InlineData("2025-11-25", "2025-11-25")]
    [InlineData("2025-06-18", "2025-06-18")]
    [InlineData("1999-01-01", "2025-11-25")]
    public async Task Initialize_AgreesOnARevision(string asked, string spoken)
    {
        var answer = await _portal.PostAsync(_portal.Token(), $$"""{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"{{asked}}"} }""");
        Assert.Equal(spoken, answer.Json.GetProperty("result").GetProperty("protocolVersion").GetString());
    }

    [Theory]
    [InlineData("", 400, -32700)]
    [InlineData("{", 400, -32700)]
    [InlineData("\"x\"", 400, -32600)]
    [InlineData("[]", 400, -32600)]
    [InlineData("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", 400, -32600)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", 400, -32600)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1e400,\"method\":\"ping\"}", 400, -32600)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", 400, -32600)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}", 400, -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}", 400, -32600)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no/such\"}", 200, -32601)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{}}", 200, -32602)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"a\",\"Name\":\"b\"}}", 400, -32600)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"a\",\"name\":\"b\"}}", 400, -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"\\ud800\"}}", 400, -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"things_echo\",\"\\uDC00\":1}}", 400, -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud83d\\ud83d\\ude00\"}", 400, -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\\\ud83d \\ud83d\\ude00\"}", 200, -32601)]
    public async Task BadMessage_GetsTheErrorOfItsKind_AndTheSessionGoesOn(string body, int status, int code)
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        var answer = await _portal.PostAsync(token, body, ("Mcp-Session-Id", session));
        Assert.Equal((status, code), (answer.Status, answer.ErrorCode));
        Assert.NotEqual("", answer.Json.GetProperty("error").GetProperty("data").GetProperty("flow_id").GetString());
        Assert.Equal(200, (await _portal.RpcAsync(token, session, "ping")).Status);
    }

    [Fact]
    public async Task DeepHugeOrBrokenText_IsRefusedInBoundedTime()
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        var deep = $"{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{{\"x\":{new string('[', 10_000)}{new string(']', 10_000)}}}}}";
        Assert.Equal(-32700, (await _portal.PostAsync(token, deep, ("Mcp-Session-Id", session))).ErrorCode);
        var batch = "[" + string.Join(",", Enumerable.Repeat("""{"jsonrpc":"2.0","id":1,"method":"ping"}""", 1000)) + "]";
        Assert.Equal(-32600, (await _portal.PostAsync(token, batch, ("Mcp-Session-Id", session))).ErrorCode);

        using var http = _portal.Http(token);
        http.DefaultRequestHeaders.Add("Mcp-Session-Id", session);
        using var invalid = new ByteArrayContent([.. Encoding.UTF8.GetBytes("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\""), 0xC3, 0x28, (byte)'"', (byte)'}']);
        invalid.Headers.ContentType = new("application/json");
        Assert.Equal(400, (int)(await http.PostAsync($"http://{_portal.Host}/mcp", invalid)).StatusCode);
        using var huge = new StringContent(new string(' ', 20 * 1024 * 1024), Encoding.UTF8, "application/json");
        huge.Headers.ContentLength = 20 * 1024 * 1024;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{_portal.Host}/mcp") { Content = huge };
        request.Headers.ExpectContinue = true;
        Assert.Equal(413, (int)(await http.SendAsync(request)).StatusCode);
        Assert.Equal(200, (await _portal.RpcAsync(token, session, "ping")).Status);
    }

    // On connections of their own: nothing but the portal orders them.
    [Fact]
    public async Task AnsweredRequest_NoLongerHoldsItsId()
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        for (var i = 0; i < 200; i++)
        {
            var answer = await _portal.RpcAsync(token, session, "ping");
            Assert.True(answer.Status == 200, answer.Body);
        }
    }

    [Fact]
    public async Task HeadersOfTheNewestRevision_MustSayWhatTheBodySays()
    {
        const string body = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"things_echo","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"} } }""";
        var token = _portal.Token();
        (string, string) version = ("MCP-Protocol-Version", "2026-07-28");
        Assert.Equal((400, -32020), await CodeAsync(version, ("Mcp-Method", "tools/list"), ("Mcp-Name", "things_echo")));
        Assert.Equal((400, -32020), await CodeAsync(version, ("Mcp-Method", "tools/call"), ("Mcp-Name", "things_other")));
        Assert.Equal((400, -32020), await CodeAsync(version, ("Mcp-Method", "tools/call")));
        Assert.Equal((400, -32020), await CodeAsync(("Mcp-Method", "tools/call"), ("Mcp-Name", "things_echo")));
        var later = body.Replace("2026-07-28", "2031-01-01", StringComparison.Ordinal);
        Assert.Equal(-32022, (await _portal.PostAsync(token, later, ("Mcp-Method", "tools/call"), ("Mcp-Name", "things_echo"))).ErrorCode);

        async Task<(int, int?)> CodeAsync(params (string, string)[] headers)
        {
            var answer = await _portal.PostAsync(token, body, headers);
            return (answer.Status, answer.ErrorCode);
        }
    }

    [Fact]
    public async Task UnknownMethod_InTheNewestRevision_Is404()
    {
        var answer = await _portal.RpcAsync(_portal.Token(), null, "no/such");
        Assert.Equal((404, -32601), (answer.Status, answer.ErrorCode));
        Assert.Equal(404, (await _portal.RpcAsync(_portal.Token(), null, "initialize")).Status);
    }

    [Theory]
    [InlineData("PUT", 405)]
    [InlineData("PATCH", 405)]
    [InlineData("GET", 405)]
    [InlineData("DELETE", 400)]
    public async Task OtherMethods_AreExplained(string method, int status)
        => Assert.Equal(status, (await world.SendAsync(method, _portal.Host, "/mcp", World.Bearer(_portal.Token()), "Content-Length: 0"))!.Status);

    [Fact]
    public async Task DeletedSession_IsOver()
    {
        var token = _portal.Token();
        var session = await _portal.InitializeAsync(token);
        using var http = _portal.Http(token);
        http.DefaultRequestHeaders.Add("Mcp-Session-Id", session);
        Assert.Equal(204, (int)(await http.DeleteAsync($"http://{_portal.Host}/mcp")).StatusCode);
        Assert.Equal(404, (await _portal.RpcAsync(token, session, "ping")).Status);
    }
}
