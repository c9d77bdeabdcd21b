using ManagedOAuth.AuthorizationServer.Tests.Support;

namespace ManagedOAuth.AuthorizationServer.Tests.Consent;

/// <summary>Browsers with several pages open, and pages that somebody else opened. The names begin with the case of the attack list.</summary>
[Collection(ServiceTests.Name)]
public sealed class HostileBrowserTests(Service service) : IDisposable
{
    private readonly Browser _browser = new(service);
    private readonly string _email = $"tabs-{Guid.NewGuid():N}@example.com";

    [Fact]
    public async Task L10_TwoTabs_EachApprovesItsOwnClient_AlsoAfterALoadTwice()
    {
        var (first, second) = (await _browser.RegisterAsync(name: "First"), await _browser.RegisterAsync(name: "Second", redirectUri: "http://localhost:6000/cb"));
        var page = await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(first)));
        var one = await _browser.FollowAsync(await _browser.LogInAsync(page, _email));
        var two = await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(second, "http://localhost:6000/cb")));

        // The browser fetches pages ahead, and loads some twice: the form of the first load still works.
        Assert.Equal(200, (await _browser.GetAsync(one.Url)).Status);
        Assert.Contains("First", one.Body);
        Assert.Contains("Second", two.Body);
        var approved = await _browser.SubmitAsync(one, ("action", "approve"));
        Assert.StartsWith("http://localhost:5000/cb?code=", approved.Location);
        Assert.StartsWith("http://localhost:6000/cb?code=", (await _browser.SubmitAsync(two, ("action", "approve"))).Location);
        Assert.Single(service.Peers.Codes.Codes, code => code.ClientId == first);
        Assert.Single(service.Peers.Codes.Codes, code => code.ClientId == second);
    }

    [Theory]
    [InlineData("cross-site")]
    [InlineData("none")]
    [InlineData(null)]
    public async Task L11_ApprovedEarlier_IsAskedAgain_WhoeverSendsTheBrowser(string? site)
    {
        var client = await _browser.RegisterAsync();
        var page = await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client)));
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(page, _email));
        Assert.Equal(303, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status);
        var again = await _browser.SendAsync(HttpMethod.Get, Requests.Authorize(client), null, change: request =>
        {
            if (site is not null)
            {
                request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", site);
            }
        });
        Assert.Contains("value=\"approve\"", (await _browser.FollowAsync(again)).Body);
        Assert.Single(service.Peers.Codes.Codes, code => code.ClientId == client);
    }

    [Fact]
    public async Task L08_DenyThenApprove_GivesNoCode()
    {
        var client = await _browser.RegisterAsync();
        var page = await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client)));
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(page, _email));
        Assert.Equal("access_denied", (await _browser.SubmitAsync(consent, ("action", "deny"))).Parameter("error"));
        Assert.Equal(400, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status);
        Assert.DoesNotContain(service.Peers.Codes.Codes, code => code.ClientId == client);
    }

    [Fact]
    public async Task L21_SharedBrowser_TheNextUserGetsNothingOfTheFirst()
    {
        var client = await _browser.RegisterAsync();
        var page = await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client)));
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(page, _email));

        // Alice's cookies are lost with the page still open; bob logs in in the same browser.
        _browser.Cookies.Clear();
        var bob = $"bob-{Guid.NewGuid():N}@example.com";
        var bobs = await _browser.FollowAsync(await _browser.LogInAsync(await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client))), bob));
        Assert.Contains(bob, bobs.Body);
        Assert.Equal(400, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status is 400 or 403 ? 400 : 0);
        Assert.Equal(303, (await _browser.SubmitAsync(bobs, ("action", "approve"))).Status);
        Assert.Equal(bob, Assert.Single(service.Peers.Codes.Codes, code => code.ClientId == client).Identity.Email);
    }

    [Fact]
    public async Task L23_WayToTheClient_LeavesNoTrace()
    {
        var client = await _browser.RegisterAsync();
        var page = await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client)));
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(page, _email));
        Assert.Equal("no-referrer", consent.Headers["Referrer-Policy"]);
        Assert.Contains("no-store", consent.Headers["Cache-Control"], StringComparison.Ordinal);
        var approved = await _browser.SubmitAsync(consent, ("action", "approve"));
        Assert.Equal(303, approved.Status);
        Assert.Contains("no-store", approved.Headers["Cache-Control"], StringComparison.Ordinal);
        Assert.DoesNotContain("mo_ac_", approved.Body, StringComparison.Ordinal);
    }

    public void Dispose() => _browser.Dispose();
}
