using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.Login;

[Collection(ServiceTests.Name)]
public sealed class LoginTests(Service service) : IDisposable
{
    private readonly Browser _browser = new(service);

    [Fact]
    public async Task Pin_WholeWay_EndsInACodeForThisUserAndClient()
    {
        var client = await _browser.RegisterAsync(name: "My <b>tool</b>");
        var email = NewAddress();
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(await OpenAsync(client, "&scope=read%20write&resource=http%3A%2F%2Flocalhost%3A8700%2Fmcp"), email.ToUpperInvariant()));
        Assert.Contains("My &lt;b&gt;tool&lt;/b&gt;", consent.Body);
        Assert.Contains("localhost:5000", consent.Body);
        Assert.Contains(email, consent.Body);
        Assert.Contains("Orders API", consent.Body);
        Assert.Contains("read write", consent.Body);

        var done = await _browser.SubmitAsync(consent, ("action", "approve"));
        Assert.Equal(303, done.Status);
        Assert.StartsWith("http://localhost:5000/cb?code=mo_ac_test", done.Location);
        Assert.Equal("st", done.Parameter("state"));
        Assert.Equal("http://localhost:8700", done.Parameter("iss"));

        var asked = service.Peers.Codes.Codes.Single(code => code.ClientId == client);
        Assert.Equal(Service.Orders.Id.ToString(), asked.ApplicationId);
        Assert.Equal(email, asked.Identity.Email);
        Assert.Equal("onetimepin", asked.Identity.IdentityProviderType);
        Assert.Equal(("http://localhost:5000/cb", "http://localhost:8700/mcp", "read write", "none"), (asked.RedirectUri, asked.Resource, asked.Scope, asked.TokenEndpointAuthMethod));
        Assert.Equal("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", asked.CodeChallenge);
        Assert.Equal(("Allow example.com", "include email_domain example.com"), (asked.Decision.PolicyName, asked.Decision.Rule));
        Assert.Equal(_browser.Address.ToString(), asked.ClientAddress);
        Assert.Equal(32, asked.FlowId.Length);
    }

    [Fact]
    public async Task Pin_AddressThatNoPolicyCouldAdmit_SeesTheSamePageAndGetsNoMail()
    {
        var client = await _browser.RegisterAsync();
        var known = NewAddress();
        var stranger = $"eve-{Guid.NewGuid():N}@other.test";
        var first = await _browser.FollowAsync(await _browser.SubmitAsync(await OpenAsync(client), ("email", known)));
        var second = await _browser.FollowAsync(await _browser.SubmitAsync(await OpenAsync(client), ("email", stranger)));
        Assert.Equal(Blank(first, known), Blank(second, stranger));

        // Mails leave in the order of asking, so when one that was asked for later is there, the stranger's would be.
        await service.Mail.PinAsync(known);
        var wrong = await _browser.SubmitAsync(second, ("pin", "000000"));
        Assert.Equal(400, wrong.Status);
        Assert.DoesNotContain(service.Mail.Mails, mail => mail.To == stranger);
    }

    [Fact]
    public async Task Pin_GuessedFiveTimes_IsDeadEvenWhenRight()
    {
        var client = await _browser.RegisterAsync();
        var email = NewAddress();
        var page = await _browser.FollowAsync(await _browser.SubmitAsync(await OpenAsync(client), ("email", email)));
        var pin = await service.Mail.PinAsync(email);
        var wrong = pin == "000000" ? "000001" : "000000";
        var guesses = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => _browser.SubmitAsync(page, ("pin", wrong))));
        Assert.All(guesses, guess => Assert.Contains(guess.Status, new[] { 400, 429 }));
        Assert.Equal(5, guesses.Count(guess => guess.Status == 400));
        Assert.Equal(429, (await _browser.SubmitAsync(page, ("pin", pin))).Status);

        // A new PIN works: whoever owns the address is not locked out by a handful of typing errors.
        var again = await _browser.FollowAsync(await _browser.SubmitAsync(page, ("action", "resend")));
        Assert.Equal(303, (await _browser.SubmitAsync(again, ("pin", await service.Mail.PinAsync(email, 2)))).Status);
    }

    [Fact]
    public async Task Pin_GuessedByOthersElsewhere_WorksStillForWhoHasIt_AndTheGuessesAreInTheLog()
    {
        var client = await _browser.RegisterAsync();
        var email = NewAddress();
        foreach (var guesser in Enumerable.Range(0, 4))
        {
            using var other = new Browser(service, $"203.0.113.{110 + guesser}");
            for (var pin = 1; pin <= (guesser < 3 ? 3 : 1); pin++)
            {
                Assert.DoesNotContain(429, await GuessAsync(other, email, (3 * guesser) + pin, guesses: 5));
            }
        }

        // One more guess from somewhere else, and no second one in that login.
        using var late = new Browser(service, "203.0.113.120");
        Assert.Equal([400, 429], await GuessAsync(late, email, 11, guesses: 2));
        Assert.Equal(303, (await _browser.LogInAsync(await OpenAsync(client), email)).Status);
        await using var query = service.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var lines = await query.QueryAsync<AccessRequest>("where data ->> 'email' = ?", default, email);
        Assert.All(lines.Where(line => !line.Allowed), line => Assert.Equal((Service.Orders.Id, "onetimepin"), (line.ApplicationId, line.Connection)));
        Assert.Equal(51, lines.Count(line => line is { Allowed: false, Rule: "pin_wrong" }));
        Assert.Single(lines, line => line is { Allowed: false, Rule: "pin_locked" });

        async Task<List<int>> GuessAsync(Browser browser, string address, int mail, int guesses)
        {
            var page = await browser.FollowAsync(await browser.SubmitAsync(await browser.FollowAsync(await browser.GetAsync(Requests.Authorize(client))), ("email", address)));
            var right = await service.Mail.PinAsync(address, mail);
            var answers = new List<int>();
            for (var guess = 0; guess < guesses; guess++)
            {
                answers.Add((await browser.SubmitAsync(page, ("pin", right == "000000" ? "000001" : "000000"))).Status);
            }

            return answers;
        }
    }

    [Fact]
    public async Task Pin_OnlyTheNewestWorks_AndOnlyOnce()
    {
        var client = await _browser.RegisterAsync();
        var email = NewAddress();
        var page = await _browser.FollowAsync(await _browser.SubmitAsync(await OpenAsync(client), ("email", email)));
        var first = await service.Mail.PinAsync(email);
        await _browser.SubmitAsync(page, ("action", "resend"));
        var second = await service.Mail.PinAsync(email, 2);
        if (first != second)
        {
            Assert.Equal(400, (await _browser.SubmitAsync(page, ("pin", first))).Status);
        }

        var parallel = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _browser.SubmitAsync(page, ("pin", second))));
        Assert.All(parallel, answer => Assert.Equal(303, answer.Status));
        Assert.Single(parallel, answer => answer.Headers.GetValueOrDefault("Set-Cookie", "").Contains("CF_TeamSession_8702", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pin_AskedTooOften_IsLimited()
    {
        var client = await _browser.RegisterAsync();
        var page = await OpenAsync(client);
        var answers = new List<int>();
        for (var i = 0; i < 6; i++)
        {
            answers.Add((await _browser.SubmitAsync(page, ("email", NewAddress()))).Status);
        }

        Assert.Equal([303, 303, 303, 303, 303, 429], answers);
    }

    [Theory]
    [InlineData("not an address")]
    [InlineData("a@example.com\r\nRCPT TO:<b@example.com>")]
    [InlineData("")]
    public async Task Email_Malformed_IsExplained(string email)
    {
        var page = await OpenAsync(await _browser.RegisterAsync());
        var answer = await _browser.SubmitAsync(page, ("email", email));
        Assert.Equal(400, answer.Status);
        Assert.Contains("Enter an e-mail address", answer.Body);
    }

    [Fact]
    public async Task Form_WithoutItsToken_IsRefused()
    {
        var page = await OpenAsync(await _browser.RegisterAsync());
        Assert.Equal(403, (await _browser.PostAsync(page.Url, ("email", "a@example.com"))).Status);
        Assert.Equal(403, (await _browser.PostAsync(page.Url, ("csrf", "x"), ("email", "a@example.com"))).Status);
        var text = new StringContent($"csrf={page.Csrf}&email=a@example.com", null, "text/plain");
        Assert.Equal(403, (await _browser.SendAsync(HttpMethod.Post, page.Url, text)).Status);
    }

    [Fact]
    public async Task Transaction_InAnotherBrowser_IsRefused()
    {
        var page = await OpenAsync(await _browser.RegisterAsync());
        using var thief = new Browser(service, "203.0.113.41");
        var stolen = await thief.GetAsync(page.Url);
        Assert.Equal(400, stolen.Status);
        Assert.Contains("another browser", stolen.Body);
        Assert.Equal(400, (await thief.PostAsync(page.Url, ("csrf", page.Csrf), ("email", "a@example.com"))).Status);
        Assert.Equal(200, (await _browser.GetAsync(page.Url)).Status);
    }

    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("x")]
    [InlineData("..%2f..")]
    public async Task Transaction_Unknown_IsExplained(string id)
    {
        var answer = await _browser.GetAsync($"{Service.Team}/cdn-cgi/access/login/{id}");
        Assert.Equal(400, answer.Status);
        Assert.Contains("start again", answer.Body);
    }

    [Fact]
    public async Task SignedOn_NextLogin_IsSilentUpToConsent()
    {
        var client = await _browser.RegisterAsync();
        await _browser.FollowAsync(await _browser.LogInAsync(await OpenAsync(client), NewAddress()));
        var second = await OpenAsync(client);
        Assert.Contains("Allow access?", second.Body);

        // prompt=login asks again all the same.
        Assert.Contains("name=\"email\"", (await OpenAsync(client, "&prompt=login")).Body);
    }

    [Fact]
    public async Task PromptLogin_NewLogin_SatisfiesIt()
    {
        var client = await _browser.RegisterAsync();
        var email = NewAddress();
        await _browser.LogInAsync(await OpenAsync(client), email);
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(await OpenAsync(client, "&prompt=login"), email));
        Assert.Contains("Allow access?", consent.Body);
    }

    [Fact]
    public async Task Session_PlantedCookies_AreReplacedAtLogin()
    {
        _browser.Cookies["localhost|CF_TeamSession_8702"] = "mo_ts_" + new string('A', 43);
        _browser.Cookies["localhost|CF_Flow_8702"] = new string('A', 43);
        var client = await _browser.RegisterAsync();
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(await OpenAsync(client), NewAddress()));
        Assert.NotEqual("mo_ts_" + new string('A', 43), _browser.Cookies["localhost|CF_TeamSession_8702"]);

        // Whoever planted the flow cookie knows the transaction, but is not signed on.
        using var attacker = new Browser(service, "203.0.113.42");
        attacker.Cookies["localhost|CF_Flow_8702"] = new string('A', 43);
        var seen = await attacker.FollowAsync(await attacker.GetAsync(consent.Url));
        Assert.Contains("name=\"email\"", seen.Body);
        Assert.Equal(403, (await attacker.PostAsync(consent.Url, ("csrf", consent.Csrf), ("action", "approve"))).Status);
    }

    [Fact]
    public async Task Cookies_AreHttpOnlyLaxAndBounded()
    {
        var client = await _browser.RegisterAsync();
        await _browser.LogInAsync(await OpenAsync(client), NewAddress());
        for (var i = 0; i < 20; i++)
        {
            await OpenAsync(client, "&prompt=login");
        }

        Assert.Equal(["localhost|CF_Flow_8702", "localhost|CF_TeamSession_8702"], _browser.Cookies.Keys.Order());
        Assert.All(_browser.SetCookies, cookie => Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase));
        Assert.All(_browser.SetCookies, cookie => Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase));
        Assert.All(_browser.SetCookies, cookie => Assert.DoesNotContain("domain=", cookie, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Logout_AsksThenEndsTheSessionForGood()
    {
        var client = await _browser.RegisterAsync();
        await _browser.LogInAsync(await OpenAsync(client), NewAddress());
        var cookie = _browser.Cookies["localhost|CF_TeamSession_8702"];
        var ask = await _browser.GetAsync(Service.Team + "/cdn-cgi/access/logout");
        Assert.Contains("Sign out?", ask.Body);
        Assert.Equal(403, (await _browser.PostAsync(ask.Url, ("csrf", "forged"))).Status);
        Assert.Contains("Allow access?", (await OpenAsync(client)).Body);

        Assert.Contains("signed out", (await _browser.SubmitAsync(ask)).Body);
        Assert.DoesNotContain("localhost|CF_TeamSession_8702", _browser.Cookies.Keys);
        _browser.Cookies["localhost|CF_TeamSession_8702"] = cookie;
        Assert.Contains("name=\"email\"", (await OpenAsync(client)).Body);
    }

    [Fact]
    public async Task Login_Finished_IsAnEventWithUserProviderAndAddress()
    {
        var email = NewAddress();
        var client = await _browser.RegisterAsync();
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(await OpenAsync(client), email));
        await _browser.SubmitAsync(consent, ("action", "deny"));
        var store = service.Services.GetRequiredService<IDocumentStore>();
        await using var query = store.QuerySession();
        var user = Assert.Single(await query.QueryAsync<Users.User>("where data ->> 'email' = ?", default, email));
        var session = Assert.Single(await query.QueryAsync<Sessions.TeamSession>("where data ->> 'email' = ?", default, email));
        var events = await query.Events.FetchStreamAsync(session.LoginId);
        var login = Assert.IsType<UserLoggedIn>(events[0].Data);
        Assert.Equal((user.Id, email, "onetimepin", _browser.Address.ToString()), (login.UserId, login.Email, login.ProviderType, login.ClientAddress));
        Assert.Equal(login.FlowId, events[0].CorrelationId);
        var denied = Assert.IsType<AccessDenied>(events[1].Data);
        Assert.Equal(("user", client), (denied.Reason, denied.ClientId));
    }

    [Fact]
    public async Task Providers_NoneUsable_IsExplained()
    {
        var client = await _browser.RegisterAsync();
        await service.ConfigureAsync(feed => feed.Put(Service.Orders with { AllowedIdps = [Guid.NewGuid()] }));
        try
        {
            Assert.Contains("No way to sign in", (await OpenAsync(client)).Body);
        }
        finally
        {
            await service.ResetAsync();
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/cdn-cgi/access/nothing/of/ours")]
    public async Task TeamDomain_UnknownPath_IsAPageThatHelps(string path)
    {
        var answer = await _browser.GetAsync(Service.Team + path);
        Assert.Equal(404, answer.Status);
        Assert.Contains("Open the application", answer.Body);
        Assert.Equal(404, (await _browser.GetAsync("http://localhost:8700/cdn-cgi/access/oauth/par", "application/json")).Status);
    }

    [Fact]
    public async Task Pages_OfOneLogin_ShowTheReferenceOfItsEvents()
    {
        var client = await _browser.RegisterAsync();
        var page = await OpenAsync(client);
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(page, NewAddress()));
        await _browser.SubmitAsync(consent, ("action", "approve"));
        var flow = service.Peers.Codes.Codes.Single(code => code.ClientId == client).FlowId;
        Assert.Contains($"<code>{flow}</code>", page.Body);
        Assert.Contains($"<code>{flow}</code>", consent.Body);
    }

    [Fact]
    public async Task Ipv6Loopback_IsNamedByItsSchemeInThePolicyForForms()
    {
        var client = await _browser.RegisterAsync(redirectUri: "http://[::1]/cb");
        var page = await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client, "http://[::1]:5000/cb")));
        Assert.Contains("form-action 'self' http:;", page.Headers["Content-Security-Policy"]);
    }

    [Fact]
    public async Task Pages_ForbidEverythingThatTheyDoNotNeed()
    {
        var page = await OpenAsync(await _browser.RegisterAsync());
        Assert.Matches("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' http://localhost:5000;.*style-src 'nonce-", page.Headers["Content-Security-Policy"]);
        Assert.DoesNotContain("unsafe", page.Headers["Content-Security-Policy"]);
        Assert.Equal("DENY", page.Headers["X-Frame-Options"]);
        Assert.Equal("nosniff", page.Headers["X-Content-Type-Options"]);
        Assert.Equal("no-referrer", page.Headers["Referrer-Policy"]);
        Assert.Equal("no-store", page.Headers["Cache-Control"]);
        Assert.DoesNotContain("<script", page.Body);
    }

    public void Dispose() => _browser.Dispose();

    private static string NewAddress() => $"alice-{Guid.NewGuid():N}@example.com";

    private static string Blank(Answer page, string email)
        => System.Text.RegularExpressions.Regex.Replace(page.Body.Replace(email, "", StringComparison.Ordinal), "(nonce|value)=\"[^\"]*\"|<code>[0-9a-f]{32}</code>", "");

    private async Task<Answer> OpenAsync(string client, string more = "") => await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client, more: more)));
}
