using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.IdentityProviders;

[Collection(ProviderTests.Name)]
public sealed class OidcLoginTests(ProviderHost host) : IAsyncLifetime, IDisposable
{
    private readonly Browser _browser = new(host.Service);

    public Task InitializeAsync() => host.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task Login_WithTheRightClaim_EndsInACodeThatCarriesTheClaims()
    {
        var email = host.User();
        var consent = await _browser.FollowAsync(await host.LogInAsync(_browser));
        Assert.Contains(email, consent.Body);
        Assert.Equal(303, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status);

        var asked = host.Service.Peers.Codes.Codes.Single(code => code.Identity.Email == email);
        Assert.Equal((host.Provider.Id.ToString(), "oidc"), (asked.Identity.IdentityProviderId, asked.Identity.IdentityProviderType));
        Assert.Equal(["eng"], asked.Identity.Claims.Single(claim => claim.Name == "department").Values);
        Assert.True(Guid.TryParse(asked.Identity.ProviderGrantId, out _));
        Assert.Equal("include oidc department=eng", asked.Decision.Rule);
    }

    [Fact]
    public async Task Login_WithoutTheClaim_IsDenied()
    {
        host.User("sales");
        var done = await _browser.FollowAsync(await host.LogInAsync(_browser));
        Assert.Equal("access_denied", done.Parameter("error"));
    }

    [Fact]
    public async Task Choice_ShowsEveryAllowedProvider_AndThePinBesideThem()
    {
        await host.ResetAsync(application => application with { AllowedIdps = [] });
        var page = await ProviderHost.OpenAsync(_browser);
        Assert.Contains("Corporate &lt;IdP&gt;", page.Body);
        Assert.Contains("Continue with Second", page.Body);
        Assert.Contains("name=\"email\"", page.Body);

        await host.ResetAsync();
        page = await ProviderHost.OpenAsync(_browser);
        Assert.DoesNotContain("Second", page.Body);
        Assert.DoesNotContain("name=\"email\"", page.Body);
        Assert.Equal(new Uri(page.Url).AbsolutePath, (await _browser.GetAsync($"{page.Url}/{host.Other.Id}")).Location);
    }

    [Fact]
    public async Task AutoRedirect_GoesStraightToTheOnlyProvider_UnlessAnotherAccountIsWanted()
    {
        await host.ResetAsync(application => application with { AutoRedirectToIdentity = true });
        host.User("sales");
        var there = await ProviderHost.OpenAsync(_browser);
        Assert.StartsWith(host.First.Issuer, there.Location);

        var page = await ProviderHost.OpenAsync(_browser, "&prompt=login");
        Assert.Equal(200, page.Status);
        Assert.Contains("prompt=login", await host.LeaveAsync(_browser, page));
    }

    [Fact]
    public async Task AutoRedirect_OfTheOrganization_IsForEveryApplicationWithOneProvider()
    {
        host.User("sales");
        Assert.Equal(200, (await ProviderHost.OpenAsync(_browser)).Status);
        await host.Service.ConfigureAsync(feed => feed.Put(Service.Organization with { AutoRedirectToIdentity = true }));
        try
        {
            Assert.StartsWith(host.First.Issuer, (await ProviderHost.OpenAsync(_browser)).Location);
            await host.ResetAsync(application => application with { AllowedIdps = [] });
            Assert.Equal(200, (await ProviderHost.OpenAsync(_browser)).Status);
        }
        finally
        {
            await host.Service.ConfigureAsync(feed => feed.Put(Service.Organization));
        }
    }

    [Fact]
    public async Task Callback_InAnotherBrowser_LogsNobodyInAndUsesNothingUp()
    {
        host.User();
        using var attacker = new Browser(host.Service, "203.0.113.91");
        var back = host.First.LogIn(await host.LeaveAsync(attacker, await ProviderHost.OpenAsync(attacker)));

        // The victim has a transaction of their own, so a cookie is there; it is not the attacker's.
        await ProviderHost.OpenAsync(_browser);
        var refused = await _browser.GetAsync(back);
        Assert.Equal(400, refused.Status);
        Assert.DoesNotContain(_browser.Cookies.Keys, name => name.Contains("CF_TeamSession", StringComparison.Ordinal));
        Assert.Equal(303, (await attacker.GetAsync(back)).Status);
    }

    [Fact]
    public async Task Callback_Twice_OrWithAStateOfNobody_IsRefused()
    {
        host.User();
        var back = host.First.LogIn(await host.LeaveAsync(_browser, await ProviderHost.OpenAsync(_browser)));
        Assert.Equal(303, (await _browser.GetAsync(back)).Status);
        Assert.Equal(400, (await _browser.GetAsync(back)).Status);
        var state = new string('A', 43);
        foreach (var query in new[] { "", "?code=x", "?code=x&state=short", $"?code=x&state={state}", $"?code=x&state={state}&state={state}", "?state=%zz" })
        {
            Assert.Equal(400, (await _browser.GetAsync(Service.Team + "/cdn-cgi/access/callback" + query)).Status);
        }
    }

    [Fact]
    public async Task Callback_AfterTheLoginsEnd_OrWithACutState_LogsNobodyIn()
    {
        host.User();
        var page = await ProviderHost.OpenAsync(_browser);
        var back = host.First.LogIn(await host.LeaveAsync(_browser, page));
        var state = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(back).Query)["state"].ToString();
        Assert.Equal(400, (await _browser.GetAsync(back.Replace(state, state[..^1], StringComparison.Ordinal))).Status);

        var store = host.Service.Services.GetRequiredService<TransactionStore>();
        var stored = await store.FindAsync(new Uri(page.Url).Segments[^1], default);
        Assert.NotNull(await store.ReplaceAsync(stored!, stored!.Value with { ExpiresAt = DateTimeOffset.UtcNow.AddSeconds(-1) }, default));
        Assert.Equal(400, (await _browser.GetAsync(back)).Status);
        Assert.DoesNotContain(_browser.Cookies.Keys, name => name.Contains("CF_TeamSession", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Callback_InParallel_IsAnsweredOnce()
    {
        host.User();
        var back = host.First.LogIn(await host.LeaveAsync(_browser, await ProviderHost.OpenAsync(_browser)));
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _browser.GetAsync(back)));
        Assert.Single(answers, answer => answer.Status == 303);
        Assert.Equal(5, answers.Count(answer => answer.Status == 400));
    }

    [Fact]
    public async Task MixUp_AnswerOfAnotherProviderOnThisOnesState_IsRefused()
    {
        await host.ResetAsync(application => application with { AllowedIdps = [host.Provider.Id, host.Other.Id] });
        host.User();

        // The second provider, or somebody who controls it, sends the browser back with the state of the login at the first one.
        var refused = await host.LogInAsync(_browser, url => host.First.LogIn(url, issuer: host.Second.Issuer));
        Assert.Equal(403, refused.Status);
        await using var query = host.Service.Services.GetRequiredService<Marten.IDocumentStore>().QuerySession();
        Assert.Contains(
            await query.QueryAsync<AccessRequest>("where data ->> 'providerId' = ?", default, host.Provider.Id.ToString()),
            line => line is { Allowed: false, Rule: "provider_refused: wrong_issuer" });
        refused = await host.LogInAsync(_browser, url => host.First.LogIn(url, issuer: host.First.Issuer + "/"));
        Assert.Equal(403, refused.Status);

        // A code of the second one without a name on it is nothing to the first.
        var page = await ProviderHost.OpenAsync(_browser);
        var (first, second) = (await host.LeaveAsync(_browser, page), await host.LeaveAsync(_browser, page, host.Other));
        var code = System.Text.RegularExpressions.Regex.Match(host.Second.LogIn(second), "code=([^&]+)").Groups[1].Value;
        refused = await _browser.GetAsync(System.Text.RegularExpressions.Regex.Replace(host.First.LogIn(first), "code=[^&]+", "code=" + code));
        Assert.Equal(403, refused.Status);
        Assert.DoesNotContain(host.Service.Peers.Codes.Codes, asked => asked.Identity.Email == (string?)host.First.User["email"]);
    }

    [Fact]
    public async Task Callback_OfAProviderThatAlwaysNamesItself_WithoutItsName_IsRefused()
    {
        var provider = await ScriptedProvider.StartAsync();
        await using var _ = provider;
        provider.NamesItself = true;
        provider.User = new JsonObject { ["sub"] = "x", ["email"] = "x@example.com", ["department"] = "eng" };
        var configured = ProviderHost.Of("Naming", provider.Config());
        await host.Service.ConfigureAsync(feed => feed.Put(configured));
        await host.ResetAsync(application => application with { AllowedIdps = [configured.Id] });
        var there = await host.LeaveAsync(_browser, await ProviderHost.OpenAsync(_browser), configured);
        var back = provider.LogIn(there);
        Assert.Equal(403, (await _browser.GetAsync(back[..back.IndexOf("&iss=", StringComparison.Ordinal)])).Status);
    }

    [Fact]
    public async Task ErrorOfTheProvider_BecomesAPageWithTheWayOn_AndIsNotEchoed()
    {
        var page = await host.LogInAsync(_browser, url => Back(url, "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E"));
        Assert.Equal(403, page.Status);
        Assert.DoesNotContain("<script", page.Body);
        Assert.DoesNotContain("alert(1)", page.Body);
        Assert.Contains("Try again", page.Body);
        Assert.Equal(503, (await host.LogInAsync(_browser, url => Back(url, "error=temporarily_unavailable"))).Status);
    }

    [Fact]
    public async Task ProviderAway_AtEitherStep_IsAPageWithRetryAndTheLoginGoesOn()
    {
        host.User();
        var away = await ScriptedProvider.StartAsync();
        await using var _ = away;
        away.User = (JsonObject)host.First.User.DeepClone();
        var configured = ProviderHost.Of("Away", away.Config());
        await host.Service.ConfigureAsync(feed => feed.Put(configured));
        await host.ResetAsync(application => application with { AllowedIdps = [configured.Id], Policies = [new PolicyReference(Service.AllowExample.Id, 1)] });
        away.Down = 502;
        var page = await ProviderHost.OpenAsync(_browser);
        var leaving = await _browser.GetAsync($"{page.Url}/{configured.Id}");
        Assert.Equal(503, leaving.Status);
        Assert.Equal("5", leaving.Headers["Retry-After"]);
        Assert.Contains("Try again", leaving.Body);

        away.Down = null;
        var back = await ManagedOAuth.Testing.Eventually.Async<string>(async () => (await _browser.GetAsync($"{page.Url}/{configured.Id}")) is { Status: 303 } left ? away.LogIn(left.Location) : null);
        away.Down = 500;
        Assert.Equal(503, (await _browser.GetAsync(back)).Status);
        away.Down = null;
        Assert.Equal(303, (await _browser.GetAsync(away.LogIn(await host.LeaveAsync(_browser, page, configured)))).Status);
    }

    [Fact]
    public async Task NewKeyOfTheProvider_IsFoundAtOnce_ButNotAskedForAgainAndAgain()
    {
        // A provider of its own: how often keys were read again is remembered per provider.
        var rotating = await ScriptedProvider.StartAsync();
        await using var _ = rotating;
        host.User();
        rotating.User = (JsonObject)host.First.User.DeepClone();
        var configured = ProviderHost.Of("Rotating", rotating.Config());
        await host.Service.ConfigureAsync(feed => feed.Put(configured));
        await host.ResetAsync(application => application with { AllowedIdps = [configured.Id], Policies = [new PolicyReference(Service.AllowExample.Id, 1)] });
        Assert.Equal(303, (await LogInAsync()).Status);
        var before = rotating.KeyReads;
        rotating.RotateKey();
        Assert.Equal(303, (await LogInAsync()).Status);
        using var stranger = System.Security.Cryptography.RSA.Create(2048);
        rotating.MakeIdToken = (_, claims) => ScriptedProvider.Jwt(claims, "RS256", Guid.NewGuid().ToString(), bytes => stranger.SignData(bytes, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(403, (await LogInAsync()).Status);
        }

        // Once for the new key; on a slow machine the pause may have passed once or twice more.
        Assert.InRange(rotating.KeyReads - before, 1, 3);

        async Task<Answer> LogInAsync()
        {
            // 503: a busy machine missed the deadline for what the provider is asked.
            Answer? answer = null;
            await ManagedOAuth.Testing.Eventually.Async(async () => (answer = await TryAsync()).Status != 503);
            return answer!;
        }

        async Task<Answer> TryAsync()
            => await _browser.GetAsync(rotating.LogIn(await host.LeaveAsync(_browser, await ProviderHost.OpenAsync(_browser, "&prompt=login"), configured)));
    }

    [Fact]
    public async Task Logout_NamesTheProvidersOwnLogout()
    {
        host.User();
        await host.LogInAsync(_browser);
        var ask = await _browser.GetAsync(Service.Team + "/cdn-cgi/access/logout");
        var done = await _browser.SubmitAsync(ask);
        Assert.Contains($"{host.First.Issuer}/logout?client_id={ScriptedProvider.ClientId}", done.Body);
    }

    [Fact]
    public async Task Trial_TellsWhatTheProviderSaid_AndSignsNobodyIn()
    {
        using var channel = host.Service.Connect();
        var tests = new Contracts.AuthorizationServer.ProviderTests.ProviderTestsClient(channel);
        var headers = new Grpc.Core.Metadata { { "x-managedoauth-service", host.Service.CredentialOf("config") } };
        var email = host.User();
        var begun = await tests.BeginAsync(new BeginProviderTestRequest { ProviderId = host.Provider.Id.ToString() }, headers);
        Assert.Equal("pending", (await FindAsync()).Status);

        // First something is wrong there: the report says what, and the same address tries again.
        host.First.ChangeClaims = claims => claims["email_verified"] = false;
        Assert.Equal(403, (await _browser.GetAsync(host.First.LogIn((await _browser.GetAsync(begun.Url)).Location))).Status);
        Assert.Equal(("refused", true), ((await FindAsync()).Status, (await FindAsync()).Explanation.StartsWith("email_not_verified", StringComparison.Ordinal)));
        host.First.ChangeClaims = null;
        var page = await _browser.FollowAsync(await _browser.GetAsync(host.First.LogIn((await _browser.GetAsync(begun.Url)).Location)));
        Assert.Contains(email, page.Body);
        Assert.Contains("Corporate &lt;IdP&gt; works", page.Body);
        Assert.DoesNotContain(_browser.Cookies.Keys, name => name.Contains("CF_TeamSession", StringComparison.Ordinal));
        var reply = await FindAsync();
        Assert.Equal(("succeeded", email, true), (reply.Status, reply.Email, reply.CanBeAskedAgain));
        Assert.Equal(["eng"], reply.Claims.Single(claim => claim.Name == "department").Values);

        using var other = new Browser(host.Service, "203.0.113.95");
        Assert.Equal(400, (await other.GetAsync(begun.Url)).Status);
        var unknown = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await tests.BeginAsync(new BeginProviderTestRequest { ProviderId = Service.Pin.Id.ToString() }, headers));
        Assert.Equal(Grpc.Core.StatusCode.NotFound, unknown.StatusCode);

        async Task<ProviderTestReply> FindAsync() => await tests.FindAsync(new FindProviderTestRequest { Id = begun.Id, ProviderId = host.Provider.Id.ToString() }, headers);
    }

    [Fact]
    public async Task Consent_OfAnotherAccountThanTheOneThatSawIt_IsNotTaken()
    {
        host.User();
        var consent = await _browser.FollowAsync(await host.LogInAsync(_browser));
        Assert.Contains("Allow access?", consent.Body);

        // In another tab somebody else signs on in the same browser, before the first tab's button is pressed.
        var bob = host.User();
        await host.LogInAsync(_browser, more: "&prompt=login");
        Assert.Equal(403, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status);
        Assert.DoesNotContain(host.Service.Peers.Codes.Codes, asked => asked.Identity.Email == bob);
    }

    [Fact]
    public async Task ManyLoginsThatNobodyFinishes_NeedOneCookie()
    {
        for (var i = 0; i < 30; i++)
        {
            await host.LeaveAsync(_browser, await ProviderHost.OpenAsync(_browser));
        }

        Assert.Single(_browser.Cookies);
    }

    private static string Back(string url, string answer)
    {
        var state = System.Text.RegularExpressions.Regex.Match(url, "[?&]state=([^&]+)").Groups[1].Value;
        return $"{Service.Team}/cdn-cgi/access/callback?state={state}&{answer}";
    }
}
