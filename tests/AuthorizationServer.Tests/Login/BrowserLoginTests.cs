using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.Login;

[Collection(ServiceTests.Name)]
public sealed class BrowserLoginTests(Service service) : IDisposable
{
    private readonly Browser _browser = new(service);
    private readonly string _email = $"erin-{Guid.NewGuid():N}@example.com";

    [Fact]
    public async Task Login_Admitted_ReturnsToTheApplicationWithCodeAndState()
    {
        var done = await _browser.FollowAsync(await _browser.LogInAsync(await OpenAsync("/orders?x=1&y=2"), _email));
        Assert.Equal(303, done.Status);
        Assert.StartsWith("http://localhost:8704/cdn-cgi/access/authorized?code=mo_sc_test", done.Location);
        Assert.Equal(("st&te", "/orders?x=1&y=2"), (done.Parameter("state"), done.Parameter("redirect_url")));
        var opened = service.Peers.Codes.Sessions.Single(session => session.Identity.Email == _email);
        Assert.Equal((Service.Plain.Id.ToString(), _browser.Address.ToString()), (opened.ApplicationId, opened.ClientAddress));

        // Signed on: the next one needs no page.
        Assert.StartsWith("http://localhost:8704/cdn-cgi/access/authorized?code=", (await OpenAsync("/")).Location);
    }

    [Fact]
    public async Task Login_NotAdmitted_IsA403ThatNamesTheUserAndOffersAnotherAccount()
    {
        await _browser.LogInAsync(await OpenAsync("/"), _email);
        await service.ConfigureAsync(feed => feed.Put(Service.Plain with { Policies = [], CustomDenyMessage = "Ask <ops>" }));
        try
        {
            var denied = await OpenAsync("/");
            Assert.Equal(403, denied.Status);
            Assert.Contains(_email, denied.Body);
            Assert.Contains("Ask &lt;ops&gt;", denied.Body);
            Assert.Equal(403, (await _browser.GetAsync(denied.Url)).Status);
            Assert.Equal(1, await DenialsAsync());
            var login = await _browser.FollowAsync(await _browser.SubmitAsync(denied, ("action", "switch")));
            Assert.Contains("name=\"email\"", login.Body);
        }
        finally
        {
            await service.ResetAsync();
        }
    }

    [Fact]
    public async Task Login_NotAdmitted_LeadsToTheApplicationsOwnAddress_AndIsRecordedAllTheSame()
    {
        await _browser.LogInAsync(await OpenAsync("/"), _email);
        var page = new CustomPage { Id = Guid.NewGuid(), Name = "no", Type = CustomPageType.IdentityDenied, CustomHtml = "<p>Ask the desk.</p>" };
        await service.ConfigureAsync(feed =>
        {
            feed.Put(page);
            feed.Put(Service.Plain with { Policies = [], CustomDenyUrl = "https://help.test/no?a=b", CustomDenyMessage = "unseen", CustomPages = [page.Id] });
        });
        try
        {
            var denied = await OpenAsync("/");
            Assert.Equal((303, "https://help.test/no?a=b"), (denied.Status, denied.Location));
            Assert.Equal(1, await DenialsAsync());
        }
        finally
        {
            await service.ResetAsync();
        }
    }

    [Fact]
    public async Task Login_NotAdmitted_ShowsTheApplicationsOwnPageAndRunsNoScriptOfIt()
    {
        await _browser.LogInAsync(await OpenAsync("/"), _email);
        var page = new CustomPage { Id = Guid.NewGuid(), Name = "no", Type = CustomPageType.IdentityDenied, CustomHtml = "<!doctype html><script>alert(1)</script><p>Ask the desk.</p>" };
        await service.ConfigureAsync(feed =>
        {
            feed.Put(page);
            feed.Put(Service.Plain with { Policies = [], CustomPages = [page.Id] });
        });
        try
        {
            var denied = await OpenAsync("/");
            Assert.Equal((403, page.CustomHtml), (denied.Status, denied.Body));
            Assert.Contains("default-src 'none'", denied.Headers["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.Contains("sandbox ", denied.Headers["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.DoesNotContain("script-src", denied.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        }
        finally
        {
            await service.ResetAsync();
        }
    }

    [Theory]
    [InlineData("//evil.test")]
    [InlineData("/\\evil.test")]
    [InlineData("https://evil.test/")]
    [InlineData("/\t/evil.test")]
    public async Task Login_ReturnAddressOfAnotherHost_IsRefused(string url) => Assert.Equal(400, (await OpenAsync(url)).Status);

    [Theory]
    [InlineData("")]
    [InlineData("?application=x")]
    [InlineData("?application=00000000-0000-0000-0000-000000000000")]
    public async Task Login_UnknownApplication_IsExplained(string query)
    {
        var answer = await _browser.GetAsync(Service.Team + "/cdn-cgi/access/login" + query);
        Assert.Equal(400, answer.Status);
        Assert.Contains("Unknown application", answer.Body);
    }

    [Fact]
    public async Task Login_AtAnApplicationDomain_Is404()
        => Assert.Equal(404, (await _browser.GetAsync($"http://localhost:8700/cdn-cgi/access/login?application={Service.Orders.Id}")).Status);

    [Fact]
    public async Task Login_TokenAway_IsA503Page()
    {
        await _browser.LogInAsync(await OpenAsync("/"), _email);
        service.Peers.Codes.Fails = Grpc.Core.StatusCode.Unavailable;
        try
        {
            var answer = await OpenAsync("/");
            Assert.Equal(503, answer.Status);
            Assert.Equal("5", answer.Headers["Retry-After"]);
            Assert.StartsWith("text/html", answer.Headers["Content-Type"]);
        }
        finally
        {
            service.Peers.Codes.Fails = null;
        }
    }

    public void Dispose() => _browser.Dispose();

    private async Task<int> DenialsAsync()
    {
        await using var query = service.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var session = Assert.Single(await query.QueryAsync<Sessions.TeamSession>("where data ->> 'email' = ?", default, _email));
        return (await query.Events.FetchStreamAsync(session.LoginId)).Count(e => e.Data is AccessDenied { Reason: "policy" });
    }

    private async Task<Answer> OpenAsync(string redirectUrl)
        => await _browser.FollowAsync(await _browser.GetAsync(
            $"{Service.Team}/cdn-cgi/access/login?application={Service.Plain.Id}&redirect_url={Uri.EscapeDataString(redirectUrl)}&state=st%26te"));
}
