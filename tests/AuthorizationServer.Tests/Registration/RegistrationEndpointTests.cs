using System.Net;
using System.Text;
using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.ServiceDefaults.RateLimits;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.Registration;

[Collection(ServiceTests.Name)]
public sealed class RegistrationEndpointTests(Service service) : IDisposable
{
    private const string Orders = "http://localhost:8700";

    // An address of its own for each test class: the limit per source must not couple them.
    private readonly Browser _browser = new(service);

    [Fact]
    public async Task Registration_GoodRequest_Is201WithAllThatIsStored()
    {
        var answer = await _browser.RegisterRawAsync(Orders, """
            {"redirect_uris":["http://localhost:7777/cb","https://evil.test/cb"],"client_name":"  Claude\u202e Code ","token_endpoint_auth_method":"client_secret_post",
             "grant_types":["authorization_code","refresh_token","client_credentials"],"response_types":["code"],"scope":"a b","application_type":"native",
             "client_id":"https://mine.test/","client_id_issued_at":1,"trusted":true,"logo_uri":"javascript:alert(1)","software_id":"x"}
            """);
        Assert.Equal(201, answer.Status);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.Equal("*", answer.Headers["Access-Control-Allow-Origin"]);
        Assert.Matches("^[0-9a-f]{32}$", answer.Json.GetProperty("client_id").GetString());
        Assert.Equal(["http://localhost:7777/cb"], answer.Json.GetProperty("redirect_uris").EnumerateArray().Select(uri => uri.GetString()));
        Assert.Equal("Claude Code", answer.Json.GetProperty("client_name").GetString());
        Assert.Equal("none", answer.Json.GetProperty("token_endpoint_auth_method").GetString());
        Assert.Equal("""["authorization_code","refresh_token"]""", answer.Json.GetProperty("grant_types").GetRawText());
        Assert.Equal("a b", answer.Json.GetProperty("scope").GetString());
        Assert.True(answer.Json.GetProperty("client_id_issued_at").GetInt64() > 1_000_000_000);
        foreach (var absent in new[] { "client_secret", "client_secret_expires_at", "logo_uri", "trusted", "registration_client_uri" })
        {
            Assert.False(answer.Json.TryGetProperty(absent, out _), absent);
        }
    }

    [Theory]
    [InlineData("""{"redirect_uris":["https://evil.test/cb"]}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":[]}""", "invalid_redirect_uri")]
    [InlineData("""{}""", "invalid_redirect_uri")]
    [InlineData("""{"redirect_uris":"x"}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":[1]}""", "invalid_client_metadata")]
    [InlineData("""[]""", "invalid_client_metadata")]
    [InlineData("""null""", "invalid_client_metadata")]
    [InlineData("", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["http://localhost/cb"]} x""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["http://localhost/cb"],"redirect_uris":["http://localhost/x"]}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["http://localhost/cb"],"client_name":5}""", "invalid_client_metadata")]
    [InlineData("""{"redirect_uris":["http://localhost/cb"],"grant_types":["client_credentials"]}""", "invalid_client_metadata")]
    public async Task Registration_BadRequest_Is400(string json, string error)
    {
        var answer = await _browser.RegisterRawAsync(Orders, json);
        Assert.Equal(400, answer.Status);
        Assert.Equal(error, answer.Json.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Registration_HostileBodies_AreRefusedCheaply()
    {
        var deep = """{"redirect_uris":["http://localhost/cb"],"x":""" + new string('[', 10_000) + new string(']', 10_000) + "}";
        Assert.Equal(400, (await _browser.RegisterRawAsync(Orders, deep)).Status);
        Assert.Equal(413, (await _browser.RegisterRawAsync(Orders, $$"""{"client_name":"{{new string('x', 70_000)}}"}""")).Status);
        Assert.Equal(415, (await _browser.RegisterRawAsync(Orders, "{}", "text/plain")).Status);
        var utf16 = new ByteArrayContent(Encoding.Unicode.GetBytes("""{"redirect_uris":["http://localhost/cb"]}"""));
        utf16.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        Assert.Equal(400, (await _browser.SendAsync(HttpMethod.Post, Orders + "/cdn-cgi/access/oauth/registration", utf16)).Status);
        Assert.Equal(400, (await _browser.RegisterRawAsync(Orders, $$"""{"redirect_uris":[{{string.Join(',', Enumerable.Repeat("\"http://localhost/cb\"", 2000))}}]}""")).Status);

        // A number that no double holds, and a mark before the text: harmless where they stand.
        Assert.Contains((await _browser.RegisterRawAsync(Orders, """{"redirect_uris":["http://localhost/cb"],"x":1e400}""")).Status, new[] { 201, 400 });
        Assert.Contains((await _browser.RegisterRawAsync(Orders, "\uFEFF" + """{"redirect_uris":["http://localhost/cb"]}""")).Status, new[] { 201, 400 });
    }

    [Fact]
    public async Task Registration_AddressesOfTheClient_AreNeitherFetchedNorShown()
    {
        using var canary = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        canary.Start();
        foreach (var url in (string[])[$"http://{canary.LocalEndpoint}/x", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://169.254.169.254/", "https://c.test/\\r\\nX: y"])
        {
            var members = string.Join(',', ((string[])["logo_uri", "client_uri", "tos_uri", "policy_uri", "jwks_uri", "client_uri#fr", "software_statement"]).Select(member => $"\"{member}\":\"{url}\""));
            var answer = await _browser.RegisterRawAsync(Orders, $$"""{"redirect_uris":["http://localhost:5000/cb"],"client_name":"Addresses",{{members}}}""");
            Assert.Equal(201, answer.Status);
            Assert.DoesNotContain("_uri\":\"" + url, answer.Body);
            var page = await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(answer.Json.GetProperty("client_id").GetString()!)));
            Assert.Equal(200, page.Status);
            Assert.DoesNotContain("javascript:", page.Body);
            Assert.DoesNotContain("169.254", page.Body);
            Assert.DoesNotContain(canary.LocalEndpoint.ToString()!, page.Body);
        }

        Assert.False(canary.Pending());
    }

    [Fact]
    public async Task Registration_ManagedOAuthOff_Is404AndOtherMethodsAre405()
    {
        Assert.Equal(404, (await _browser.RegisterRawAsync("http://localhost:8704", """{"redirect_uris":["http://localhost/cb"]}""")).Status);
        foreach (var method in (string[])["GET", "HEAD", "PUT", "PATCH", "DELETE"])
        {
            var refused = await _browser.SendAsync(new HttpMethod(method), Orders + "/cdn-cgi/access/oauth/registration", null);
            Assert.Equal(405, refused.Status);
            Assert.Contains("POST", refused.Headers["Allow"], StringComparison.Ordinal);
        }

        Assert.Equal(204, (await _browser.SendAsync(HttpMethod.Options, Orders + "/cdn-cgi/access/oauth/registration", null)).Status);
    }

    [Fact]
    public async Task Registration_Flood_Is429WithRetryAfterForThatSourceOnly()
    {
        using var flooder = new Browser(service, "198.51.100.9");
        await flooder.RegisterAsync();

        // Takes the permits of hours ahead: the same counter, at a slower pace. By registering alone a slow machine never comes to the end of them.
        var limiter = service.Services.GetRequiredService<RateLimiter>();
        for (var taken = 0; taken < 3; taken++)
        {
            await limiter.AcquireAsync(new RateLimit("registration-source", 1, TimeSpan.FromHours(1), 10), RateLimitSubjects.Source(IPAddress.Parse("198.51.100.9")));
        }

        var limited = await flooder.RegisterRawAsync(Orders, """{"redirect_uris":["http://localhost/cb"]}""");
        Assert.Equal(429, limited.Status);
        Assert.True(int.Parse(limited.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture) >= 1);
        Assert.Equal("temporarily_unavailable", limited.Json.GetProperty("error").GetString());
        using var other = new Browser(service, "198.51.100.10");
        await other.RegisterAsync();
    }

    public void Dispose() => _browser.Dispose();
}
