using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Policies;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.Consent;

[Collection(ServiceTests.Name)]
public sealed class ConsentTests(Service service) : IDisposable
{
    private readonly Browser _browser = new(service);
    private readonly string _email = $"bob-{Guid.NewGuid():N}@example.com";

    [Fact]
    public async Task Approve_ManyTimesInParallel_MakesOneCode()
    {
        var (client, consent) = await OpenConsentAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _browser.SubmitAsync(consent, ("action", "approve"))));
        Assert.Single(answers, answer => answer.Status == 303);
        Assert.All(answers.Where(answer => answer.Status != 303), answer => Assert.Equal(400, answer.Status));
        Assert.Single(service.Peers.Codes.Codes, code => code.ClientId == client);

        // And not by going back either.
        Assert.Equal(400, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status);
        Assert.Equal(400, (await _browser.GetAsync(consent.Url)).Status);
    }

    [Fact]
    public async Task NameOfAClient_ThatIsMarkup_IsShownAsText()
    {
        var client = await _browser.RegisterAsync(name: "<img src=x onerror=alert(1)></title><script>alert(2)</script>{{7*7}}");
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client))), _email));
        Assert.Contains("&lt;img src=x onerror=alert(1)&gt;&lt;/title&gt;&lt;script&gt;", consent.Body);
        Assert.Contains("{{7*7}}", consent.Body);
        Assert.DoesNotContain("<img src=x", consent.Body);
        Assert.DoesNotContain("<script", consent.Body);
    }

    [Fact]
    public async Task Deny_TellsTheClientAndEndsTheTransaction()
    {
        var (client, consent) = await OpenConsentAsync();
        var denied = await _browser.SubmitAsync(consent, ("action", "deny"));
        Assert.Equal(303, denied.Status);
        Assert.Equal(("access_denied", "st", "http://localhost:8700"), (denied.Parameter("error"), denied.Parameter("state"), denied.Parameter("iss")));
        Assert.Equal(400, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status);
        Assert.DoesNotContain(service.Peers.Codes.Codes, code => code.ClientId == client);
    }

    [Fact]
    public async Task Form_ForgedOrTampered_IsRefusedAndChangesNothing()
    {
        var (client, consent) = await OpenConsentAsync();
        Assert.Equal(403, (await _browser.PostAsync(consent.Url, ("action", "approve"))).Status);
        Assert.Equal(403, (await _browser.PostAsync(consent.Url, ("csrf", new string('A', 43)), ("action", "approve"))).Status);
        Assert.Equal(403, (await _browser.SubmitAsync(consent, ("action", "other"))).Status);
        Assert.Equal(200, (await _browser.GetAsync(consent.Url + "?action=approve")).Status);
        Assert.DoesNotContain(service.Peers.Codes.Codes, code => code.ClientId == client);

        // Fields that name another client or address are not read at all.
        var approved = await _browser.SubmitAsync(
            consent, ("action", "approve"), ("client_id", "other"), ("redirect_uri", "https://evil.test/"), ("scope", "all"), ("code_challenge", "x"), ("resource", "https://b.test"));
        Assert.StartsWith("http://localhost:5000/cb?code=", approved.Location);
        var code = service.Peers.Codes.Codes.Single(code => code.ClientId == client);
        Assert.Equal(("http://localhost:5000/cb", ""), (code.RedirectUri, code.Resource));
    }

    [Fact]
    public async Task Tokens_OfOneTransaction_DoNotFitAnother()
    {
        var (first, one) = await OpenConsentAsync();
        var (second, two) = await OpenConsentAsync();
        Assert.Equal(403, (await _browser.PostAsync(one.Url, ("csrf", two.Csrf), ("action", "approve"))).Status);

        // Two tabs: each approval is about the client that its tab shows, and a page may be loaded twice.
        await _browser.GetAsync(one.Url);
        Assert.Equal(303, (await _browser.SubmitAsync(one, ("action", "approve"))).Status);
        Assert.Equal([first], service.Peers.Codes.Codes.Where(code => code.ClientId == first || code.ClientId == second).Select(code => code.ClientId));
        Assert.Equal(303, (await _browser.SubmitAsync(two, ("action", "approve"))).Status);
    }

    [Fact]
    public async Task AnotherUserSignsOn_TheOldPageApprovesNothing()
    {
        var (client, consent) = await OpenConsentAsync();
        var other = $"carol-{Guid.NewGuid():N}@example.com";
        var (_, page) = await OpenAsync("&prompt=login");
        await _browser.LogInAsync(page, other);
        Assert.Equal(403, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status);
        var fresh = await _browser.GetAsync(consent.Url);
        Assert.Contains(other, fresh.Body);
        await _browser.SubmitAsync(fresh, ("action", "approve"));
        Assert.Equal(other, service.Peers.Codes.Codes.Single(code => code.ClientId == client).Identity.Email);
    }

    [Fact]
    public async Task Switch_AsksWhoTheUserIs()
    {
        var (_, consent) = await OpenConsentAsync();
        var login = await _browser.FollowAsync(await _browser.SubmitAsync(consent, ("action", "switch")));
        Assert.Contains("name=\"email\"", login.Body);
        var other = $"dave-{Guid.NewGuid():N}@example.com";
        Assert.Contains(other, (await _browser.FollowAsync(await _browser.LogInAsync(login, other))).Body);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, "temporarily_unavailable")]
    [InlineData(StatusCode.Internal, "server_error")]
    public async Task TokenFails_TellsTheClient(StatusCode status, string error)
    {
        var (_, consent) = await OpenConsentAsync();
        service.Peers.Codes.Fails = status;
        try
        {
            var answer = await _browser.SubmitAsync(consent, ("action", "approve"));
            Assert.Equal(303, answer.Status);
            Assert.Equal((error, "st", "http://localhost:8700"), (answer.Parameter("error"), answer.Parameter("state"), answer.Parameter("iss")));
        }
        finally
        {
            service.Peers.Codes.Fails = null;
        }
    }

    [Fact]
    public async Task PolicyDenies_WhileThePageIsOpen_TellsTheClientAndRecordsPolicyVersionAndRule()
    {
        var (client, consent) = await OpenConsentAsync();
        await service.ConfigureAsync(feed => feed.Put(Service.AllowExample with { Include = [new Rule.Email("nobody@example.com")] }));
        try
        {
            var answer = await _browser.FollowAsync(await _browser.SubmitAsync(consent, ("action", "approve")));
            Assert.Equal("access_denied", answer.Parameter("error"));
            Assert.Equal("http://localhost:8700", answer.Parameter("iss"));
            Assert.DoesNotContain(service.Peers.Codes.Codes, code => code.ClientId == client);

            await using var query = service.Services.GetRequiredService<IDocumentStore>().QuerySession();
            var session = Assert.Single(await query.QueryAsync<Sessions.TeamSession>("where data ->> 'email' = ?", default, _email));
            var denied = (await query.Events.FetchStreamAsync(session.LoginId)).Select(e => e.Data).OfType<AccessDenied>().Single();
            Assert.Equal(("policy", Service.AllowExample.Id, PolicyOutcome.Deny), (denied.Reason, denied.PolicyId!.Value, denied.Outcome));
            Assert.True(denied.PolicyVersion > 0);
            Assert.Contains("no include rule matched", denied.PolicyRule);
        }
        finally
        {
            await service.ResetAsync();
        }
    }

    [Fact]
    public async Task Approve_IsRecordedInTheClientsStream()
    {
        var (client, consent) = await OpenConsentAsync();
        await using var query = service.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var stream = new Guid(Convert.FromHexString(client));
        Assert.Empty(await query.Events.FetchStreamAsync(stream));

        await _browser.SubmitAsync(consent, ("action", "approve"));
        await _browser.SubmitAsync(await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client))), ("action", "approve"));
        var events = (await query.Events.FetchStreamAsync(stream)).Select(e => e.Data).ToList();
        Assert.Collection(
            events,
            e => Assert.Equal((client, Service.Orders.Id), (((ClientRegistered)e).ClientId, ((ClientRegistered)e).ApplicationId)),
            e => Assert.Equal((_email, "http://localhost:5000/cb"), (((ConsentGiven)e).Email, ((ConsentGiven)e).RedirectUri)),
            e => Assert.IsType<ConsentGiven>(e));
    }

    [Fact]
    public async Task CustomScheme_IsNamedInThePolicyForForms()
    {
        var client = await _browser.RegisterAsync(redirectUri: "com.example.app:/cb");
        var page = await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client, "com.example.app:/cb")));
        Assert.Contains("form-action 'self' com.example.app:;", page.Headers["Content-Security-Policy"]);
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(page, _email));
        Assert.StartsWith("com.example.app:/cb?code=", (await _browser.SubmitAsync(consent, ("action", "approve"))).Location);
    }

    public void Dispose() => _browser.Dispose();

    private async Task<(string Client, Answer Page)> OpenAsync(string more = "")
    {
        var client = await _browser.RegisterAsync();
        return (client, await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client, more: more))));
    }

    private async Task<(string Client, Answer Consent)> OpenConsentAsync()
    {
        var (client, page) = await OpenAsync();
        return (client, page.Body.Contains("name=\"email\"", StringComparison.Ordinal) ? await _browser.FollowAsync(await _browser.LogInAsync(page, _email)) : page);
    }
}
