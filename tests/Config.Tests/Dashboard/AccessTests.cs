using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.ServiceDefaults.RateLimits;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>Who may open the dashboard, and that only its own forms change anything.</summary>
public sealed class AccessTests : IClassFixture<ConfigHost>
{
    private static readonly EdgeUser s_administrator = DashboardBrowser.UserOf("admin@example.com");
    private readonly ConfigHost _host;

    public AccessTests(ConfigHost host) => _host = host;

    [Fact]
    public async Task WithoutAnApplication_LeadsToTheSignIn_WhichTakesTheApiToken()
    {
        using var browser = _host.Browse();
        using var first = await browser.GetAsync("/applications?search=x");
        Assert.Equal(HttpStatusCode.Redirect, first.StatusCode);
        Assert.Equal("/sign-in?back=%2Fapplications%3Fsearch%3Dx", first.Headers.Location!.ToString());

        using var page = await browser.GetAsync("/sign-in?back=%2Fapplications");
        using var signedIn = await browser.PostAsync("/sign-in", new() { ["token"] = ConfigHost.Token, ["back"] = "/applications" });
        Assert.Equal((HttpStatusCode.SeeOther, "/applications"), (signedIn.StatusCode, signedIn.Headers.Location!.ToString()));
        var cookie = Assert.Single(signedIn.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("CF_Dashboard_8703=", cookie, StringComparison.Ordinal);
        Assert.Contains("samesite=strict; httponly", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain(ConfigHost.Token, cookie, StringComparison.Ordinal);

        using var overview = await browser.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, overview.StatusCode);
        Assert.Contains("bootstrap", browser.Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AWrongToken_IsRefused_AndAttemptsAreLimited()
    {
        using var browser = _host.Browse();
        await browser.GetAsync("/sign-in");
        using var refused = await browser.PostAsync("/sign-in", new() { ["token"] = "mo_api_wrong" });
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.False(refused.Headers.Contains("Set-Cookie"));

        // Takes the attempts of hours ahead: the same counter, at a slower pace.
        var limiter = _host.Services.GetRequiredService<RateLimiter>();
        for (var taken = 0; taken < 3; taken++)
        {
            await limiter.AcquireAsync(new RateLimit("dashboard-sign-in", 1, TimeSpan.FromHours(1), 10), RateLimitSubjects.Source(browser.Client));
        }

        using var again = await browser.PostAsync("/sign-in", new() { ["token"] = "mo_api_wrong" });
        Assert.Equal(HttpStatusCode.TooManyRequests, again.StatusCode);
    }

    [Theory]
    [InlineData("same-origin")]
    [InlineData(null)]
    public async Task TheSignInFormOfAnotherBrowser_SignsNobodyIn(string? site)
    {
        // Whoever has a token can have a form; a stranger's browser must not be signed in with it.
        using var attacker = _host.Browse();
        await attacker.GetAsync("/sign-in");
        using var stranger = _host.Browse();
        using var without = await stranger.PostAsync("/sign-in", new() { ["token"] = ConfigHost.Token }, attacker.FormToken(), site);
        Assert.Equal(HttpStatusCode.Forbidden, without.StatusCode);
        await stranger.GetAsync("/sign-in");
        using var with = await stranger.PostAsync("/sign-in", new() { ["token"] = ConfigHost.Token }, attacker.FormToken(), site);
        Assert.Equal(HttpStatusCode.Forbidden, with.StatusCode);
        using var own = await attacker.PostAsync("/sign-in", new() { ["token"] = ConfigHost.Token }, attacker.FormToken(), site);
        Assert.Equal(HttpStatusCode.SeeOther, own.StatusCode);
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("/\\evil.example")]
    public void TheWayBack_StaysHere(string back) => Assert.Equal("/", Config.Dashboard.Pages.SignIn.SignInEndpoints.LocalPath(back));

    [Fact]
    public async Task TheUserOfTheEdge_IsTheActorOfWhatTheyChange()
    {
        using var browser = _host.Browse(s_administrator);
        await browser.GetAsync("/applications/new");
        using var created = await browser.PostAsync("/applications/new", new() { ["/name"] = "By a person", ["/domain"] = "person.example.com", ["action"] = "save" });
        Assert.Equal(HttpStatusCode.SeeOther, created.StatusCode);

        using var shown = await browser.GetAsync(created.Headers.Location!.ToString());
        Assert.Contains("By a person", browser.Page, StringComparison.Ordinal);
        Assert.Contains("is protected now", browser.Page, StringComparison.Ordinal);
        Assert.Contains("--request POST", browser.Page, StringComparison.Ordinal);
        var id = Guid.Parse(created.Headers.Location!.ToString().Split('/')[^1]);
        Assert.Equal("user:admin@example.com", await _host.LastActorAsync(id));
    }

    [Theory]
    [InlineData(null, "same-origin")]
    [InlineData("wrong", "same-origin")]
    [InlineData("other", "same-origin")]
    [InlineData("own", "cross-site")]
    [InlineData("own", "same-site")]
    public async Task AFormFromElsewhere_ChangesNothing(string? token, string site)
    {
        using var other = _host.Browse(DashboardBrowser.UserOf("other@example.com"));
        await other.GetAsync("/applications/new");
        using var browser = _host.Browse(s_administrator);
        await browser.GetAsync("/applications/new");
        var name = Guid.NewGuid().ToString("N");
        var presented = token switch { "own" => browser.FormToken(), "other" => other.FormToken(), _ => token ?? "" };
        using var refused = await browser.PostAsync("/applications/new", new() { ["/name"] = name, ["/domain"] = $"{name}.example.com", ["action"] = "save" }, presented, site);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        var found = await ConfigHost.ReadAsync(await _host.Api.GetAsync($"/client/v4/accounts/default/access/apps?name={name}"));
        Assert.Empty(found["result"]!.AsArray());
    }

    [Fact]
    public async Task EveryPage_ForbidsFramesScriptsAndCaching()
    {
        using var browser = _host.Browse(s_administrator);
        using var answer = await browser.GetAsync("/");
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("script-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("DENY", Assert.Single(answer.Headers.GetValues("X-Frame-Options")));
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.DoesNotContain("<script>", browser.Page, StringComparison.Ordinal);
        Assert.DoesNotContain(" style=", browser.Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AReadOnlyToken_SeesEverything_AndChangesNothing()
    {
        var made = await ConfigHost.ReadAsync(await _host.Api.PostAsJsonAsync("/client/v4/accounts/default/tokens", new JsonObject { ["name"] = "reader", ["permissions"] = new JsonArray("read") }));
        using var browser = _host.Browse();
        await browser.GetAsync("/sign-in");
        using var signedIn = await browser.PostAsync("/sign-in", new() { ["token"] = (string)made["result"]!["value"]! });
        Assert.Equal(HttpStatusCode.SeeOther, signedIn.StatusCode);
        await browser.GetAsync("/applications/new");
        using var refused = await browser.PostAsync("/applications/new", new() { ["/name"] = "Mine", ["/domain"] = "mine.example.com", ["action"] = "save" });
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("You are not permitted to do this", browser.Page, StringComparison.Ordinal);

        // The session is the token's: it ends with it.
        (await _host.Api.DeleteAsync($"/client/v4/accounts/default/tokens/{made["result"]!["id"]}")).EnsureSuccessStatusCode();
        using var gone = await browser.GetAsync("/");
        Assert.Equal(HttpStatusCode.Redirect, gone.StatusCode);
    }

    [Fact]
    public async Task AReadOnlyDashboard_ShowsAndTries_AndOnlyApiTokensChange()
    {
        const string Organization = ApiCalls.Access + "/organizations";
        var made = await _host.Api.Call("GET", Organization);
        await _host.Api.Must(
            made.Status == HttpStatusCode.OK ? HttpStatusCode.OK : HttpStatusCode.Created, made.Status == HttpStatusCode.OK ? "PUT" : "POST", Organization, """{"name":"Team","auth_domain":"localhost:8702","is_ui_read_only":true}""");
        try
        {
            using var browser = _host.Browse(s_administrator);
            using var seen = await browser.GetAsync("/applications/new");
            Assert.Equal(HttpStatusCode.OK, seen.StatusCode);
            using var refused = await browser.PostAsync("/applications/new", new() { ["/name"] = "Read only", ["/domain"] = "read-only.example.com", ["action"] = "save" });
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Contains("is_ui_read_only", browser.Page, StringComparison.Ordinal);
            await _host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/apps", """{"type":"self_hosted","name":"Read only","domain":"read-only.example.com"}""");
        }
        finally
        {
            await _host.Api.Must(HttpStatusCode.OK, "PUT", Organization, """{"is_ui_read_only":false}""");
        }
    }
}
