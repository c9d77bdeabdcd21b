using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>Section 1 of the standards' requirements, on the wire.</summary>
[Collection(WorldCollection.Name)]
public class ChallengeTests(World world)
{
    private const string Metadata = "https://a.test/.well-known/oauth-protected-resource";

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    public async Task WithoutCredential_EveryMethodGetsTheSameChallenge(string method)
    {
        var response = await world.SendAsync(method, "a.test", "/mcp", "Content-Length: 0");

        Assert.Equal(401, response?.Status);
        Assert.Equal($"Bearer resource_metadata=\"{Metadata}\"", Assert.Single(response!.All("WWW-Authenticate")));
        Assert.Equal("no-store", response["Cache-Control"]);
        Assert.Equal("application/json", response["Content-Type"]);
        if (method == "HEAD")
        {
            Assert.Empty(response.Body);
            return;
        }

        var body = JsonDocument.Parse(response.Body).RootElement;
        Assert.Equal(Metadata, body.GetProperty("resource_metadata").GetString());
        Assert.Matches("^[0-9a-f]{32}$", body.GetProperty("flow_id").GetString());
    }

    [Theory]
    [InlineData("Accept: text/html", 302)]
    [InlineData("Accept: text/html,application/xhtml+xml,*/*;q=0.8", 302)]
    [InlineData("Sec-Fetch-Mode: navigate", 302)]
    [InlineData("Accept: application/json", 401)]
    [InlineData("Accept: text/event-stream", 401)]
    [InlineData("Accept: */*", 401)]
    [InlineData("X-None: 1", 401)]
    public async Task WithoutCredential_APersonIsRedirected_AProgramChallenged(string header, int status)
        => Assert.Equal(status, (await world.GetAsync("a.test", "/x", header))?.Status);

    [Theory]
    [InlineData("Authorization: Bearer mo_at_nonsense")]
    [InlineData("Authorization: Bearer something-else")]
    [InlineData("Authorization: Bearer eyJhbGciOiJub25lIn0.e30.")]
    [InlineData("Authorization: bearer mo_at_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task WithABadToken_TheErrorIsInvalidToken(string header)
    {
        var response = await world.GetAsync("a.test", "/x", header);

        Assert.Equal(401, response?.Status);
        Assert.Contains("error=\"invalid_token\"", response!["WWW-Authenticate"], StringComparison.Ordinal);
        Assert.Contains($"resource_metadata=\"{Metadata}\"", response["WWW-Authenticate"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Authorization: Basic dTpw")]
    [InlineData("Authorization: Bearer")]
    [InlineData("Authorization: Bearer ")]
    public async Task WithoutAUsableCredential_TheChallengeNamesNoError(string header)
    {
        var response = await world.GetAsync("a.test", "/x", header);

        Assert.Equal(401, response?.Status);
        Assert.DoesNotContain("error", response!["WWW-Authenticate"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Authorization: Bearer a b")]
    [InlineData("Authorization: Bearer mo_at_a,Bearer mo_at_b")]
    [InlineData("Authorization: Bearer mo_at_a\r\nCf-Access-Token: x")]
    [InlineData("Authorization: Bearer mo_at_a\r\nCf-Access-Client-Id: x\r\nCf-Access-Client-Secret: y")]
    public async Task WithTwoCredentialsOrAnUnreadableOne_TheErrorIsInvalidRequest(string header)
    {
        var response = await world.GetAsync("a.test", "/x", header);

        Assert.Equal(400, response?.Status);
        Assert.Contains("error=\"invalid_request\"", response!["WWW-Authenticate"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokenInTheQuery_IsNoCredential_AndNotForwarded()
    {
        var token = world.Tokens.AccessToken(world.A);
        var response = await world.GetAsync("a.test", $"/x?access_token={token}");

        Assert.Equal(401, response?.Status);
        Assert.DoesNotContain("error", response!["WWW-Authenticate"], StringComparison.Ordinal);
        Assert.Empty(world.Origin.With(token));
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("ACCESS%5Ftoken")]
    public async Task TokenInTheQuery_BesideAGoodCredential_IsAnErrorAndNotForwarded(string parameter)
    {
        var (good, leaked) = (world.Tokens.AccessToken(world.A), world.Tokens.AccessToken(world.A));
        var response = await world.GetAsync("a.test", $"/x?{parameter}={leaked}", $"Authorization: Bearer {good}");

        Assert.Equal(400, response?.Status);
        Assert.Contains("error=\"invalid_request\"", response!["WWW-Authenticate"], StringComparison.Ordinal);
        Assert.Empty(world.Origin.With(leaked));
    }

    [Fact]
    public async Task ForwardedHeaders_DoNotChangeAnyUrl()
    {
        var response = await world.GetAsync("a.test", "/x", "X-Forwarded-Host: evil.test", "Forwarded: host=evil.test;proto=http", "X-Forwarded-Proto: http", "X-Forwarded-Port: 1");

        Assert.Equal($"Bearer resource_metadata=\"{Metadata}\"", response!["WWW-Authenticate"]);
        Assert.DoesNotContain("evil", response.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenIdConfiguration_WithoutCredential_DoesNotExist_SoThatClientsGoOnLooking()
        => Assert.Equal(404, (await world.GetAsync("a.test", "/.well-known/openid-configuration"))?.Status);

    [Fact]
    public async Task ManagedOAuthOff_EverybodyIsRedirected_WithoutAnyChallengeOfOurs()
    {
        foreach (var headers in new[] { "Accept: */*", "Accept: text/html", "Authorization: Bearer " + world.Tokens.AccessToken(world.N) })
        {
            var response = await world.SendAsync("POST", "n.test", "/x?a=b", headers, "Content-Length: 0");

            Assert.Equal(302, response?.Status);
            Assert.Empty(response!.All("WWW-Authenticate"));
            Assert.StartsWith($"{World.TeamOrigin}/cdn-cgi/access/login?application={world.N.Id}&redirect_url=%2Fx%3Fa%3Db&state=", response["Location"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Preflight_WithoutCorsHeaders_IsAnsweredWithoutPermission_AndNotForwarded()
    {
        var marker = Guid.NewGuid().ToString("N");
        var response = await world.SendAsync("OPTIONS", "a.test", $"/{marker}", "Origin: https://evil.test", "Access-Control-Request-Method: DELETE");

        Assert.Equal(204, response?.Status);
        Assert.Null(response!["Access-Control-Allow-Origin"]);
        Assert.Empty(world.Origin.With(marker));
    }

    [Fact]
    public async Task Cors_WhereConfigured_LetsAPageReadTheChallenge()
    {
        await world.AddAsync("cors.test", application => application with { CorsHeaders = new CorsHeaders { AllowedOrigins = ["https://ui.test"], AllowedMethods = ["GET"] } });

        var preflight = await world.SendAsync("OPTIONS", "cors.test", "/", "Origin: https://ui.test", "Access-Control-Request-Method: GET");
        Assert.Equal("https://ui.test", preflight!["Access-Control-Allow-Origin"]);

        var challenge = await world.GetAsync("cors.test", "/", "Origin: https://ui.test");
        Assert.Equal(401, challenge?.Status);
        Assert.Equal("https://ui.test", challenge!["Access-Control-Allow-Origin"]);
        Assert.Contains("WWW-Authenticate", challenge["Access-Control-Expose-Headers"], StringComparison.Ordinal);

        Assert.Null((await world.GetAsync("cors.test", "/", "Origin: https://evil.test"))!["Access-Control-Allow-Origin"]);
    }

    [Fact]
    public async Task Refusal_WithACustomPage_ShowsItToPeopleUnderAPolicyWithoutScripts()
    {
        var page = new CustomPage { Id = Guid.NewGuid(), Name = "no", Type = CustomPageType.Forbidden, CustomHtml = "<!doctype html><script>alert(1)</script><p>Not from here.</p>" };
        world.Configuration.Put(page);
        await world.AddAsync(
            "machines-html.test",
            application => application with { OauthConfiguration = null, CustomPages = [page.Id] },
            World.PolicyOf(PolicyAction.NonIdentity, new Rule.AnyValidServiceToken()));

        var browser = await world.GetAsync("machines-html.test", "/", "Accept: text/html");
        Assert.Equal((403, page.CustomHtml), (browser!.Status, browser.Body));
        Assert.Contains("default-src 'none'", browser["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.Contains("sandbox ", browser["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.DoesNotContain("script-src", browser["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.StartsWith("{", (await world.GetAsync("machines-html.test", "/", "Accept: application/json"))!.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StrictServiceTokens_ABadOneIs401AndAGoodOneWithoutPolicy403_NeverALogin()
    {
        var plain = await world.AddAsync("strict-tokens.test", application => application with { OauthConfiguration = null });
        var organization = world.Edge.Get<RouteTableSource>().Current!.Snapshot.Organization!;
        string[] bad = ["Accept: text/html", $"CF-Access-Client-Id: {world.Machine.ClientId}", "CF-Access-Client-Secret: wrong"];
        string[] half = ["Accept: text/html", $"CF-Access-Client-Id: {world.Machine.ClientId}"];
        string[] good = ["Accept: text/html", $"CF-Access-Client-Id: {world.Machine.ClientId}", $"CF-Access-Client-Secret: {world.MachineSecret}"];
        Assert.Equal(302, (await world.GetAsync(plain.Domain, "/", bad))?.Status);
        world.Configuration.Put(organization with { StrictServiceTokenAuth = true });
        try
        {
            await Eventually.Async(async () => (await world.GetAsync(plain.Domain, "/", bad))?.Status == 401);
            Assert.Equal(401, (await world.GetAsync(plain.Domain, "/", half))?.Status);
            Assert.Equal(401, (await world.GetAsync("a.test", "/", bad))?.Status);
            Assert.Equal(403, (await world.GetAsync(plain.Domain, "/", good))?.Status);
            Assert.Equal(302, (await world.GetAsync(plain.Domain, "/", "Accept: text/html"))?.Status);
        }
        finally
        {
            world.Configuration.Put(organization);
            await Eventually.Async(async () => (await world.GetAsync(plain.Domain, "/", bad))?.Status == 302);
        }
    }

    [Fact]
    public async Task ServiceTokensOnly_WithAPageOfItsOwn_SendsBrowsersThereAndProgramsNowhere()
    {
        await world.AddAsync(
            "machines-page.test",
            application => application with { OauthConfiguration = null, CustomNonIdentityDenyUrl = "https://help.test/machines" },
            World.PolicyOf(PolicyAction.NonIdentity, new Rule.AnyValidServiceToken()));

        var browser = await world.GetAsync("machines-page.test", "/", "Accept: text/html");
        Assert.Equal((302, "https://help.test/machines"), (browser!.Status, browser["Location"]));
        Assert.Equal(403, (await world.GetAsync("machines-page.test", "/", "Accept: application/json"))?.Status);
    }

    [Theory]
    [InlineData("https://help.test/network", "https://help.test/network")]
    [InlineData("", "https://help.test/people")]
    public async Task Session_WhoseAddressIsNoLongerAdmitted_IsSentToTheApplicationsPage(string nonIdentityUrl, string expected)
    {
        var domain = $"moved-{nonIdentityUrl.Length}.test";
        var policy = World.Allow(new Rule.EmailDomain("example.com")) with { Require = [new Rule.Ip("192.0.2.0/24")] };
        var application = await world.AddAsync(
            domain, application => application with { CustomNonIdentityDenyUrl = nonIdentityUrl, CustomDenyUrl = "https://help.test/people" }, policy);

        var answer = await world.GetAsync(domain, "/", "Accept: text/html", $"Cookie: CF_Authorization={world.Tokens.Assertion(application, Guid.NewGuid())}");
        Assert.Equal((302, expected), (answer!.Status, answer["Location"]));
    }

    [Theory]
    [InlineData(false, 403)]
    [InlineData(true, 401)]
    public async Task ServiceTokensOnly_WithoutManagedOAuth_RedirectsNobody(bool setting, int status)
    {
        var domain = $"machines-{status}.test";
        await world.AddAsync(
            domain,
            application => application with { OauthConfiguration = null, ServiceAuth401Redirect = setting },
            World.PolicyOf(PolicyAction.NonIdentity, new Rule.AnyValidServiceToken()));

        var response = await world.GetAsync(domain, "/", "Accept: text/html");
        Assert.Equal(status, response?.Status);
        Assert.Null(response!["Location"]);
    }
}
