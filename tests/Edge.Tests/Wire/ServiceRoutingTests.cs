using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>The table "who serves which path", against services that let in nobody but the edge.</summary>
[Collection(WorldCollection.Name)]
public class ServiceRoutingTests(World world)
{
    [Theory]
    [InlineData("/.well-known/oauth-protected-resource", "authorization-server")]
    [InlineData("/.well-known/oauth-protected-resource/mcp", "authorization-server")]
    [InlineData("/.well-known/oauth-authorization-server", "authorization-server")]
    [InlineData("/.well-known/cloudflare-access-protected-resource/", "authorization-server")]
    [InlineData("/cdn-cgi/access/oauth/authorization?client_id=x", "authorization-server")]
    [InlineData("/cdn-cgi/access/oauth/registration", "authorization-server")]
    [InlineData("/cdn-cgi/access/oauth/token", "token")]
    [InlineData("/cdn-cgi/access/oauth/revoke", "token")]
    [InlineData("/cdn-cgi/access/certs", "token")]
    public async Task ApplicationDomain_PathOfAService_GoesThere_WithWhatTheEdgeVouchesFor(string target, string service)
    {
        var marker = Guid.NewGuid().ToString("N");
        var response = await world.GetAsync("a.test", target, $"X-Marker: {marker}", "X-ManagedOAuth-Origin: https://evil.test", "X-ManagedOAuth-Application: forged", "X_ManagedOAuth_Client: 6.6.6.6", "X-Forwarded-Host: evil.test");

        Assert.Equal(200, response?.Status);
        var (request, edge) = One(service, marker);
        Assert.Equal(target, request.Target);
        Assert.Equal(world.A.Id, edge.ApplicationId);
        Assert.Equal("https://a.test", edge.PublicOrigin);
        Assert.Equal("127.0.0.1", edge.ClientAddress.ToString());
        Assert.DoesNotContain(request.Headers, header => header.Value.Contains("evil", StringComparison.Ordinal) || header.Value == "6.6.6.6");
        Assert.Empty(world.Origin.With(marker));
    }

    [Theory]
    [InlineData("/cdn-cgi/access/login?application=x", "authorization-server")]
    [InlineData("/cdn-cgi/access/logout", "authorization-server")]
    [InlineData("/cdn-cgi/access/callback", "authorization-server")]
    [InlineData("/", "authorization-server")]
    [InlineData("/cdn-cgi/access/certs", "token")]
    public async Task TeamDomain_PathOfAService_GoesThere_WithoutAnApplication(string target, string service)
    {
        var marker = Guid.NewGuid().ToString("N");
        Assert.Equal(200, (await world.GetAsync("localhost:8702", target, $"X-Marker: {marker}", "Cookie: CF_Session=kept"))?.Status);

        var (request, edge) = One(service, marker);
        Assert.Null(edge.ApplicationId);
        Assert.Equal(World.TeamOrigin, edge.PublicOrigin);
        Assert.Equal("CF_Session=kept", request["Cookie"]);
    }

    [Theory]
    [InlineData("/client/v4/accounts/default/access/apps")]
    [InlineData("/")]
    [InlineData("/assets/app.css")]
    public async Task Dashboard_GoesToConfig_WithItsCredentials(string target)
    {
        var marker = Guid.NewGuid().ToString("N");
        Assert.Equal(200, (await world.GetAsync("localhost:8703", target, $"X-Marker: {marker}", "Authorization: Bearer mo_api_x"))?.Status);

        Assert.Equal("Bearer mo_api_x", One("config", marker).Request["Authorization"]);
    }

    [Theory]
    [InlineData("localhost:8702", "/health")]
    [InlineData("localhost:8702", "/alive")]
    [InlineData("localhost:8702", "/x")]
    [InlineData("localhost:8702", "/.well-known/oauth-authorization-server")]
    [InlineData("localhost:8702", "/client/v4/x")]
    [InlineData("localhost:8703", "/health")]
    [InlineData("localhost:8703", "/alive")]
    [InlineData("localhost:8703", "/%68ealth")]
    [InlineData("localhost:8703", "/HEALTH/")]
    public async Task OwnDomains_ServeNoHealth_AndNothingOfEachOther(string host, string target)
        => Assert.Equal(404, (await world.GetAsync(host, target))?.Status);

    [Fact]
    public async Task AdminApi_OnAnApplicationsDomain_IsTheApplications()
        => Assert.Equal(401, (await world.GetAsync("a.test", "/client/v4/accounts/default/access/apps", "Authorization: Bearer mo_api_x"))?.Status);

    [Fact]
    public async Task ManagedOAuthOff_OAuthPathsDoNotExist()
    {
        Assert.Equal(404, (await world.GetAsync("n.test", "/cdn-cgi/access/oauth/token"))?.Status);
        Assert.Equal(302, (await world.GetAsync("n.test", "/.well-known/oauth-authorization-server"))?.Status);
        Assert.Equal(200, (await world.GetAsync("n.test", "/cdn-cgi/access/certs"))?.Status);
    }

    [Theory]
    [InlineData("/cdn-cgi/access/oauth/token", 16 * 1024)]
    [InlineData("/cdn-cgi/access/oauth/registration", 64 * 1024)]
    public async Task Body_BeyondItsPathsLimit_Is413(string path, int limit)
    {
        Assert.Equal(200, (await PostAsync(path, limit))?.Status);
        Assert.Equal(413, (await PostAsync(path, limit + 1))?.Status);
    }

    // A file of 4 MiB in a form, each end of a line as two bytes.
    [Theory]
    [InlineData("/transfer/plan", (8 * 1024 * 1024) + (64 * 1024), 200)]
    [InlineData("/transfer/apply", (8 * 1024 * 1024) + (64 * 1024), 200)]
    [InlineData("/transfer/apply", (9 * 1024 * 1024) + 1, 413)]
    [InlineData("/transfer", (1024 * 1024) + 1, 413)]
    [InlineData("/client/v4/accounts/default/access/apply", (9 * 1024 * 1024) + 1, 200)]
    [InlineData("/client/v4/accounts/default/access/apps", (1024 * 1024) + 1, 413)]
    public async Task Body_OfAWholeConfiguration_HasMoreRoomAtTheDashboard(string path, int length, int expected)
        => Assert.Equal(expected, (await PostAsync(path, length, "localhost:8703", sent: expected == 413 ? 0 : length))?.Status);

    [Fact]
    public async Task Body_OfAForm_Arrives()
    {
        var marker = Guid.NewGuid().ToString("N");
        await RawConnection.ExchangeAsync(world.Port, $"POST /cdn-cgi/access/oauth/token HTTP/1.1\r\nHost: a.test\r\nX-Marker: {marker}\r\nAuthorization: Basic dTpw\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\n\r\ngrant_type=x");

        var (request, _) = One("token", marker);
        Assert.Equal("grant_type=x", request.Body);
        Assert.Equal("Basic dTpw", request["Authorization"]);
    }

    // What is announced as too long is refused before it is sent.
    private Task<RawResponse?> PostAsync(string path, int length, string host = "a.test", int? sent = null)
        => RawConnection.ExchangeAsync(world.Port, $"POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{new string('x', sent ?? length)}");

    private (Received Request, EdgeRequest Edge) One(string service, string marker)
        => Assert.Single((service switch { "token" => world.Token, "config" => world.Config, _ => world.AuthorizationServer }).Received, entry => entry.Request["X-Marker"] == marker);
}
