using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>An MCP server that answers nobody without a proven assertion, as one does that has it checked before anything else.</summary>
[Collection(PortalCollection.Name)]
public sealed class AssertionTests(PortalTopology topology) : IAsyncLifetime
{
    private const string Id = "strict";

    private readonly Uri _origin = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"));
    private readonly ConcurrentQueue<(string Method, string Name)> _seen = [];
    private readonly HttpClient _http = new();
    private WebApplication? _server;
    private string _audience = "";

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(_origin.ToString());
        _server = builder.Build();
        _server.MapPost("/mcp", AnswerAsync);
        await _server.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _server!.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    public async Task ServerThatDemandsTheAssertion_IsReadAsNobody_AndCalledAsTheUser()
    {
        await topology.AddServerAsync(Id, "Strict", new Uri(_origin, "/mcp").ToString(), "unauthenticated");
        const string Path = $"ai-controls/mcp/servers/{Id}";
        await Eventually.Async(async () => (string?)(await topology.Admin.GetAsync(Path))["status"] == "error");

        // The audience is that of the server's own application, which there is only now.
        var server = await topology.Admin.GetAsync(Path);
        _audience = (string)(await topology.Admin.GetAsync($"apps/{server["application_id"]}"))["aud"]!;
        await topology.Admin.PutAsync(Path, new JsonObject { ["name"] = "Strict", ["hostname"] = (string?)server["hostname"], ["auth_type"] = "unauthenticated", ["send_assertion"] = true });
        await Eventually.Async(async () => (string?)(await topology.Admin.GetAsync(Path))["status"] == "ready");
        Assert.All(_seen, seen => Assert.Equal("managedoauth-config", seen.Name));
        Assert.Contains(_seen, seen => seen.Method == "tools/list");
        _seen.Clear();

        using var user = new ScriptedBrowser("admin@example.com", topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Mcp, "/mcp"));
        using var caller = await PortalCaller.BeginAsync(new Uri(topology.Mcp, "/mcp"), (await client.LoginAsync(user)).AccessToken);
        await Eventually.Async(async () => (await caller.CallAsync($"{Id}_whoami")).Text == "admin@example.com");
        Assert.All(_seen, seen => Assert.Equal("admin@example.com", seen.Name));
        await topology.RemoveServerAsync(Id);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (await NameAsync(context.Request.Headers["Cf-Access-Jwt-Assertion"].ToString()) is not { } name)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        var message = (await JsonNode.ParseAsync(context.Request.Body))!;
        var method = (string)message["method"]!;
        _seen.Enqueue((method, name));
        if (message["id"] is not { } id)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        var answer = method switch
        {
            "initialize" => """ "result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{} },"serverInfo":{"name":"strict","version":"1"} } """,
            "tools/list" => """ "result":{"tools":[{"name":"whoami","inputSchema":{"type":"object"} }]} """,
            "tools/call" => $$""" "result":{"content":[{"type":"text","text":"{{name}}"}]} """,
            _ => """ "error":{"code":-32601,"message":"no such method"} """,
        };
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{id.ToJsonString()}},{{answer}}}""");
    }

    // Who it is about, when it counts.
    private async Task<string?> NameAsync(string assertion)
    {
        if (assertion.Length == 0 || _audience.Length == 0)
        {
            return null;
        }

        var keys = new JsonWebKeySet(await _http.GetStringAsync(new Uri(topology.Team, "/cdn-cgi/access/certs")));
        var result = await new JsonWebTokenHandler { MapInboundClaims = false }.ValidateTokenAsync(assertion, new TokenValidationParameters
        {
            IssuerSigningKeys = keys.GetSigningKeys(),
            ValidIssuer = topology.Team.GetLeftPart(UriPartial.Authority),
            ValidAudience = _audience,
        });
        return !result.IsValid ? null : (string)(result.Claims.TryGetValue("email", out var email) ? email : result.Claims["common_name"]);
    }
}
