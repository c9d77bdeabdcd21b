using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Tests.Metadata;

[Collection(ServiceTests.Name)]
public sealed class MetadataEndpointTests(Service service) : IDisposable
{
    private const string Orders = "http://localhost:8700";
    private readonly Browser _browser = new(service);

    [Theory]
    [InlineData("/.well-known/oauth-protected-resource", Orders)]
    [InlineData("/.well-known/oauth-protected-resource/mcp", Orders + "/mcp")]
    [InlineData("/.well-known/cloudflare-access-protected-resource/", Orders)]
    [InlineData("/.well-known/cloudflare-access-protected-resource/mcp", Orders + "/mcp")]
    public async Task ProtectedResource_ManagedOAuthOn_NamesResourceAndIssuer(string path, string resource)
    {
        var answer = await _browser.GetAsync(Orders + path, "application/json");
        Assert.Equal(200, answer.Status);
        Assert.StartsWith("application/json", answer.Headers["Content-Type"]);
        Assert.Equal("*", answer.Headers["Access-Control-Allow-Origin"]);
        Assert.Equal("public, max-age=60", answer.Headers["Cache-Control"]);
        Assert.Equal(resource, answer.Json.GetProperty("resource").GetString());
        Assert.Equal(Orders, answer.Json.GetProperty("authorization_servers")[0].GetString());
        Assert.Equal("Orders API", answer.Json.GetProperty("resource_name").GetString());
    }

    [Fact]
    public async Task AuthorizationServer_ManagedOAuthOn_HasTheIssuerThatWasAsked()
    {
        var answer = await _browser.GetAsync(Orders + "/.well-known/oauth-authorization-server", "application/json");
        Assert.Equal(Orders, answer.Json.GetProperty("issuer").GetString());
        Assert.Equal(Orders + "/cdn-cgi/access/oauth/token", answer.Json.GetProperty("token_endpoint").GetString());
    }

    [Theory]
    [InlineData("http://localhost:8704/.well-known/oauth-protected-resource")]
    [InlineData("http://localhost:8704/.well-known/oauth-authorization-server")]
    [InlineData("http://localhost:8702/.well-known/oauth-authorization-server")]
    [InlineData(Orders + "/.well-known/oauth-authorization-server/mcp")]
    [InlineData(Orders + "/.well-known/oauth-protected-resource/%3Cscript%3E")]
    public async Task WellKnown_NotADocumentOfAManagedApplication_Is404WithoutReflection(string url)
    {
        var answer = await _browser.GetAsync(url, "application/json");
        Assert.Equal(404, answer.Status);
        Assert.DoesNotContain("script%", answer.Body);
        Assert.DoesNotContain("<", answer.Body);
    }

    [Theory]
    [InlineData("/.well-known/oauth-protected-resource/../../admin/x")]
    [InlineData("/.well-known/oauth-protected-resourcex")]
    [InlineData("/.well-known/anything")]
    public async Task WellKnown_AnyOtherPath_HasNoDocument(string path)
        => Assert.Contains((await _browser.GetAsync(Orders + path, "application/json")).Status, new[] { 404, 405 });

    [Fact]
    public async Task WellKnown_Methods_AreReadOnlyAndPreflighted()
    {
        var url = Orders + "/.well-known/oauth-authorization-server";
        Assert.Equal(200, (await _browser.SendAsync(HttpMethod.Head, url, null)).Status);
        Assert.Equal(405, (await _browser.SendAsync(HttpMethod.Post, url, null)).Status);
        var preflight = await _browser.SendAsync(HttpMethod.Options, url, null);
        Assert.Equal(204, preflight.Status);
        Assert.Contains("MCP-Protocol-Version", preflight.Headers["Access-Control-Allow-Headers"]);
    }

    [Fact]
    public async Task AuthorizationServer_HostHeaders_AreNotReflected()
    {
        var answer = await _browser.SendAsync(HttpMethod.Get, Orders + "/.well-known/oauth-authorization-server", null, "application/json", request =>
        {
            request.Headers.Host = "evil.test";
            request.Headers.TryAddWithoutValidation("X-Forwarded-Host", "evil.test");
            request.Headers.TryAddWithoutValidation("Forwarded", "host=evil.test;proto=http");
        });
        Assert.Equal(200, answer.Status);
        Assert.DoesNotContain("evil", answer.Body);
    }

    [Fact]
    public async Task AuthorizationServer_RegistrationSwitchedOff_IsNoLongerAdvertised()
    {
        var off = new OAuthConfiguration { DynamicClientRegistration = Service.Orders.OauthConfiguration!.DynamicClientRegistration with { Enabled = false } };
        await service.ConfigureAsync(feed => feed.Put(Service.Orders with { OauthConfiguration = off }));
        try
        {
            var answer = await _browser.GetAsync(Orders + "/.well-known/oauth-authorization-server", "application/json");
            Assert.False(answer.Json.TryGetProperty("registration_endpoint", out _));
            Assert.Equal(403, (await _browser.RegisterRawAsync(Orders, """{"redirect_uris":["http://localhost/cb"]}""")).Status);
        }
        finally
        {
            await service.ResetAsync();
        }
    }

    [Fact]
    public async Task AnyPath_WithoutEdgesCredential_Is403()
    {
        using var http = new HttpClient();
        foreach (var path in new[] { "/.well-known/oauth-authorization-server", "/cdn-cgi/access/login", "/cdn-cgi/access/oauth/authorization" })
        {
            Assert.Equal(403, (int)(await http.GetAsync(new Uri(service.HttpAddress + path))).StatusCode);
        }
    }

    public void Dispose() => _browser.Dispose();
}
