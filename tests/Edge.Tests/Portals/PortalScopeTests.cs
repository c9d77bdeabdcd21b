using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Tests.Harness;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>A server refuses one call because the login was granted too little (403, RFC 6750 §3.1 <c>insufficient_scope</c>).</summary>
public sealed class PortalScopeTests(World world) : PortalTests(world, "scope", Fill)
{
    private const string Read = """{"name":"own_read"}""";
    private const string Write = """{"name":"own_write"}""";
    private (Guid Server, string User) _key;
    private int _refused;

    [Fact]
    public async Task Client_IsLedToALoginThatAsksForMore_AndEverythingElseGoesOn()
    {
        await AddAsync();
        World.Upstreams.More[_key] = "";
        var token = Portal.Token();
        Assert.Equal("read", (await Portal.RpcAsync(token, null, "tools/call", Read)).Text);
        var plain = (await Portal.RpcAsync(token, null, "tools/call", Write)).Json.GetProperty("error");
        Assert.Equal(-32000, plain.GetProperty("code").GetInt32());
        Assert.Contains($"https://{Portal.Host}/authorize?elicitationId=", plain.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("notes.write", plain.GetProperty("data").GetProperty("scope").GetString());
        Assert.Equal("read", (await Portal.RpcAsync(token, null, "tools/call", Read)).Text);

        var begun = await Portal.PostAsync(token, """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{"url":{} } } } }""");
        var led = await Portal.RpcAsync(token, begun.Headers["Mcp-Session-Id"], "tools/call", Write);
        Assert.Equal(-32042, led.ErrorCode);
        Assert.EndsWith("&server=own", led.Json.GetProperty("error").GetProperty("data").GetProperty("elicitations")[0].GetProperty("url").GetString(), StringComparison.Ordinal);
        Assert.All(World.Upstreams.Asked.Where(asked => asked.ServerId == _key.Server.ToString() && asked.MissingScope.Length > 0), asked => Assert.Equal(("notes.write", "small", ""), (asked.MissingScope, asked.Insufficient, asked.Refused)));
    }

    [Fact]
    public async Task LoginThatMayMoreByNow_IsUsedAtOnce()
    {
        await AddAsync();
        World.Upstreams.More[_key] = "large";
        Assert.Equal("written", (await Portal.RpcAsync(Portal.Token(), null, "tools/call", Write)).Text);
    }

    [Fact]
    public async Task WhereNothingHelps_TheCallFails_AndIsNotSentAgain()
    {
        await AddAsync();
        var answer = await Portal.RpcAsync(Portal.Token(), null, "tools/call", Write);
        Assert.Contains("refuses this", answer.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, _refused);
    }

    [Fact]
    public async Task SharedLogin_IsAnAdministratorsToMakeAnew()
    {
        await AddAsync(perUser: false);
        World.Upstreams.More[_key] = "";
        var error = (await Portal.RpcAsync(Portal.Token(), null, "tools/call", Write)).Json.GetProperty("error");
        Assert.Contains("An administrator", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("notes.write", error.GetProperty("data").GetProperty("scope").GetString());
    }

    [Fact]
    public async Task OtherRefusals_AreWhatTheyWere()
    {
        await AddAsync();
        World.Upstreams.More[_key] = "large";
        Upstream.Instead = context =>
        {
            context.Response.StatusCode = 403;
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"access_denied\", scope=\"notes.write\"";
            return Task.FromResult(true);
        };
        Assert.Contains("refuses this account", (await Portal.RpcAsync(Portal.Token(), null, "tools/call", Write)).Body, StringComparison.Ordinal);
        Assert.DoesNotContain(World.Upstreams.Asked, asked => asked.ServerId == _key.Server.ToString() && asked.MissingScope.Length > 0);
    }

    private async Task AddAsync(bool perUser = true)
    {
        var server = await Portal.AddAsync("own", Upstream, record => record with { AuthType = McpAuthType.Oauth }, settings: entry => entry with { OnBehalf = perUser });
        _key = (server.Id, perUser ? PortalHarness.UserId("alice@example.com").ToString() : "");
        (World.Upstreams.Tokens[_key], World.Upstreams.Logins[_key]) = ("small", "login");
        Upstream.Instead = context =>
        {
            if (context.Request.Headers["Mcp-Name"] != "write" || context.Request.Headers.Authorization == "Bearer large")
            {
                return Task.FromResult(false);
            }

            Interlocked.Increment(ref _refused);
            context.Response.StatusCode = 403;
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"insufficient_scope\", scope=\"notes.write\"";
            return Task.FromResult(true);
        };
    }

    private static void Fill(McpUpstream upstream)
    {
        upstream.Tools.Add(McpServerTool.Create(() => "read", new() { Name = "read" }));
        upstream.Tools.Add(McpServerTool.Create(() => "written", new() { Name = "write" }));
    }
}
