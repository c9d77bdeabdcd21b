using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

[Collection(WorldCollection.Name)]
public class SessionTests(World world)
{
    [Theory]
    [InlineData("a.test")]
    [InlineData("n.test")]
    public async Task Login_FromRedirectToSession_EndsWhereTheBrowserWasGoing(string host)
    {
        var application = host == "a.test" ? world.A : world.N;
        var (state, cookie) = await BeginAsync(host, "/orders?id=1&x=%2F");
        var (code, assertion) = Code(application);

        var response = await world.GetAsync(host, $"/cdn-cgi/access/authorized?code={code}&state={state}", $"Cookie: other=1; {cookie}");

        Assert.Equal(303, response?.Status);
        Assert.Equal($"https://{host}/orders?id=1&x=%2F", response!["Location"]);
        var session = response.All("Set-Cookie").Single(set => set.StartsWith("CF_Authorization=", StringComparison.Ordinal));
        Assert.StartsWith($"CF_Authorization={assertion};", session, StringComparison.Ordinal);
        foreach (var attribute in new[] { "httponly", "secure", "samesite=lax", "path=/" })
        {
            Assert.Contains(attribute, session, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("domain=", session, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(200, (await world.GetAsync(host, "/orders", $"Cookie: {session.Split(';')[0]}"))?.Status);
        var (cache, uses) = (world.Edge.Get<CredentialCache>(), world.Edge.Get<GrantUseReports>());
        Assert.True(cache.TryGet(assertion, CredentialKind.BrowserSession, application.Aud, out var credential));

        // While it is being told of, it is in neither.
        await Eventually.Async(() => uses.Waiting.Contains(credential!.GrantId) || world.Tokens.Used.Contains(credential.GrantId.ToString()));

        // The login cookie goes with the login.
        Assert.Contains(response.All("Set-Cookie"), set => set.StartsWith(cookie.Split('=')[0] + "=;", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Login_OnLoopbackWithAPort_HasThePortInItsCookies_AndNoSecure()
    {
        var domain = $"localhost:{FreePort.Next()}";
        var application = await world.AddAsync(domain);
        var (state, cookie) = await BeginAsync(domain, "/");
        Assert.StartsWith("CF_AppSession_" + domain.Split(':')[1] + "_", cookie, StringComparison.Ordinal);
        var (code, _) = Code(application);

        var response = await world.GetAsync(domain, $"/cdn-cgi/access/authorized?code={code}&state={state}", $"Cookie: {cookie}");

        var session = response!.All("Set-Cookie").Single(set => set.StartsWith("CF_Authorization_" + domain.Split(':')[1] + "=", StringComparison.Ordinal));
        Assert.DoesNotContain("secure", session, StringComparison.OrdinalIgnoreCase);
        Assert.Equal($"http://{domain}/", response["Location"]);
    }

    [Fact]
    public async Task Login_BegunAtAFurtherDestination_NamesTheWayBackInFull()
    {
        await world.AddAsync("first.test", application => application with { Destinations = [new Destination("public", "second.test")] });

        Assert.Contains("&redirect_url=%2Fx&", (await world.GetAsync("first.test", "/x", "Accept: text/html"))!["Location"], StringComparison.Ordinal);
        Assert.Contains("&redirect_url=https%3A%2F%2Fsecond.test%2Fx&", (await world.GetAsync("second.test", "/x", "Accept: text/html"))!["Location"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_BroughtToABrowserThatDidNotBegin_IsNotRedeemed()
    {
        var (state, cookie) = await BeginAsync("a.test", "/");
        var (otherState, _) = await BeginAsync("a.test", "/");
        var (code, _) = Code(world.A);

        Assert.Equal(400, (await world.GetAsync("a.test", $"/cdn-cgi/access/authorized?code={code}&state={state}"))?.Status);
        Assert.Equal(400, (await world.GetAsync("a.test", $"/cdn-cgi/access/authorized?code={code}&state={otherState}", $"Cookie: {cookie}"))?.Status);
        Assert.Equal(400, (await world.GetAsync("a.test", $"/cdn-cgi/access/authorized?code={code}", $"Cookie: {cookie}"))?.Status);
        Assert.Equal(400, (await world.GetAsync("a.test", $"/cdn-cgi/access/authorized?code={code}&state={state}&state={state}", $"Cookie: {cookie}"))?.Status);
        Assert.Equal(400, (await world.GetAsync("b.test", $"/cdn-cgi/access/authorized?code={code}&state={state}", $"Cookie: {cookie}"))?.Status);
        Assert.True(world.Tokens.Codes.ContainsKey(code));

        Assert.Equal(303, (await world.GetAsync("a.test", $"/cdn-cgi/access/authorized?code={code}&state={state}", $"Cookie: {cookie}"))?.Status);
    }

    [Fact]
    public async Task Code_UsedOrUnknown_GivesAPageThatSaysWhatToDo()
    {
        var (state, cookie) = await BeginAsync("a.test", "/");
        var response = await world.GetAsync("a.test", $"/cdn-cgi/access/authorized?code=mo_sc_unknown&state={state}", $"Cookie: {cookie}", "Accept: text/html");

        Assert.Equal(400, response?.Status);
        Assert.Contains("https://a.test/", response!.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("mo_sc_unknown", response.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(response.All("Set-Cookie"), set => set.StartsWith("CF_Authorization", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoginCookies_AreBounded()
    {
        var many = string.Join("; ", Enumerable.Range(0, 20).Select(i => $"CF_AppSession_{i:D8}=x"));
        var response = await world.GetAsync("a.test", "/", "Accept: text/html", $"Cookie: {many}");

        Assert.Equal(16, response!.All("Set-Cookie").Count(set => set.Contains("=;", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Cookies_FollowTheApplicationsSettings()
    {
        await world.AddAsync("strict.test", application => application with { SameSiteCookieAttribute = "strict", HttpOnlyCookieAttribute = false });
        var application = world.Edge.Get<RouteTableSource>().Current!.Snapshot.Applications.Values.Single(app => app.Domain == "strict.test");
        var (state, cookie) = await BeginAsync("strict.test", "/");
        var (code, _) = Code(application);

        var response = await world.GetAsync("strict.test", $"/cdn-cgi/access/authorized?code={code}&state={state}", $"Cookie: {cookie}");

        var session = response!.All("Set-Cookie").Single(set => set.StartsWith("CF_Authorization=", StringComparison.Ordinal));
        Assert.Contains("samesite=strict", session, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("httponly", session, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("scoped-cookie.test/team", true, "/team")]
    [InlineData("wide-cookie.test/team", false, "/")]
    [InlineData("whole-cookie.test", true, "/")]
    public async Task Cookie_IsForTheApplicationsPathWhereItSaysSo_AndOutOfScriptsReach(string domain, bool setting, string path)
    {
        var application = await world.AddAsync(domain, application => application with { OauthConfiguration = null, PathCookieAttribute = setting });
        var host = domain.Split('/')[0];
        var (state, cookie) = await BeginAsync(host, domain[host.Length..] + "/x");
        var (code, _) = Code(application);

        var response = await world.GetAsync(host, $"/cdn-cgi/access/authorized?code={code}&state={state}", $"Cookie: {cookie}");

        var session = response!.All("Set-Cookie").Single(set => set.StartsWith("CF_Authorization", StringComparison.Ordinal));
        Assert.Contains($"; path={path};", session, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("httponly", session, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Logout_EndsTheSession_ClearsTheCookie_AndGoesOnToTheTeamDomain()
    {
        var grant = Guid.NewGuid();
        var cookie = $"Cookie: CF_Authorization={world.Tokens.Assertion(world.A, grant)}";
        Assert.Equal(200, (await world.GetAsync("a.test", "/", cookie))?.Status);

        var response = await world.GetAsync("a.test", "/cdn-cgi/access/logout", cookie, "Sec-Fetch-Site: same-origin");

        Assert.Equal(303, response?.Status);
        Assert.Equal($"{World.TeamOrigin}/cdn-cgi/access/logout", response!["Location"]);
        Assert.Contains(response.All("Set-Cookie"), set => set.StartsWith("CF_Authorization=;", StringComparison.Ordinal));
        Assert.Equal(grant.ToString(), Assert.Single(world.Tokens.Ended, ended => ended.GrantId == grant.ToString()).GrantId);
        await Eventually.Async(async () => (await world.GetAsync("a.test", "/", cookie))?.Status == 401);
    }

    [Theory]
    [InlineData("GET", "Sec-Fetch-Site: cross-site", 200)]
    [InlineData("GET", "Sec-Fetch-Site: same-site", 200)]
    [InlineData("POST", "Sec-Fetch-Site: cross-site", 403)]
    [InlineData("POST", "Origin: https://evil.test", 403)]
    [InlineData("POST", "Sec-Fetch-Site: same-origin\r\nOrigin: null", 303)]
    public async Task Logout_SentByAnotherSite_IsHarmless(string method, string headers, int status)
    {
        var grant = Guid.NewGuid();
        var response = await world.SendAsync(method, "a.test", "/cdn-cgi/access/logout", $"Cookie: CF_Authorization={world.Tokens.Assertion(world.A, grant)}", headers, "Content-Length: 0");

        Assert.Equal(status, response?.Status);
        Assert.Equal(status == 303 ? 1 : 0, world.Tokens.Ended.Count(ended => ended.GrantId == grant.ToString()));
    }

    [Fact]
    public async Task Identity_IsTheCallers()
    {
        var provider = Guid.NewGuid();
        var assertion = world.Tokens.Assertion(world.A, Guid.NewGuid(), change: claims => claims["idp"] = provider.ToString());

        var response = await world.GetAsync("a.test", "/cdn-cgi/access/get-identity", $"Cookie: CF_Authorization={assertion}");
        var body = JsonDocument.Parse(response!.Body).RootElement;
        Assert.Equal("alice@example.com", body.GetProperty("email").GetString());
        Assert.Equal(provider, body.GetProperty("idp").GetProperty("id").GetGuid());
        Assert.Equal("no-store", response["Cache-Control"]);

        Assert.Equal(401, (await world.GetAsync("a.test", "/cdn-cgi/access/get-identity"))?.Status);
        Assert.Equal(200, (await world.GetAsync("a.test", "/cdn-cgi/access/get-identity", World.Bearer(world.Tokens.AccessToken(world.A))))?.Status);
    }

    [Theory]
    [InlineData("/cdn-cgi/access/unknown")]
    [InlineData("/cdn-cgi/access/")]
    [InlineData("/cdn-cgi/access")]
    [InlineData("/CDN-CGI/access/token")]
    [InlineData("/cdn-cgi/access/authorized/x")]
    public async Task OwnPaths_ThatDoNotExist_AreNotTheOriginsEither(string path)
    {
        var marker = Guid.NewGuid().ToString("N");

        Assert.Equal(404, (await world.GetAsync("a.test", $"{path}?{marker}", World.Bearer(world.Tokens.AccessToken(world.A))))?.Status);
        Assert.Empty(world.Origin.With(marker));
    }

    private async Task<(string State, string Cookie)> BeginAsync(string host, string target)
    {
        var response = await world.GetAsync(host, target, "Accept: text/html");
        Assert.Equal(302, response?.Status);
        var cookie = Assert.Single(response!.All("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("max-age=3600", cookie, StringComparison.OrdinalIgnoreCase);
        return (response["Location"]!.Split("&state=")[1], cookie.Split(';')[0]);
    }

    private (string Code, string Assertion) Code(Application application)
    {
        var (code, grant) = ("mo_sc_" + Guid.NewGuid().ToString("N"), Guid.NewGuid());
        var assertion = world.Tokens.Assertion(application, grant);
        world.Tokens.Codes[code] = new RedeemSessionReply { Assertion = assertion, GrantId = grant.ToString(), ExpiresAt = DateTimeOffset.UtcNow.AddHours(1).ToTimestamp() };
        return (code, assertion);
    }
}
