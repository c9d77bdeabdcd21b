using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Pages.SignIns;
using ManagedOAuth.Config.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>The page of the authentication log, and the end of an application's grants, while the services that own them are away.</summary>
public sealed class SignInLogTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    [Fact]
    public void Filter_IsTheQueryOfTheApi()
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString("?email=%20alice%40x.test&app_uid=&allowed=false&page=7&live=false");
        var filter = SignInFilter.From(context.Request.Query);
        Assert.Equal("?email=alice@x.test&allowed=false", filter.Query);
        Assert.Equal("?email=alice@x.test&allowed=false&page=2", filter.With("page=2"));
        Assert.Equal("?page=2", SignInFilter.From(new QueryCollection()).With("page=2"));
    }

    [Fact]
    public async Task AWrongFilter_IsExplained_AndAnOutageIsSaid()
    {
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        using var wrong = await browser.GetAsync("/sign-ins?since=yesterday&email=%3Cb%3E");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("<a href=\"#field-since\">since is a time", browser.Page, StringComparison.Ordinal);
        Assert.Matches("<input id=\"field-since\"[^>]* aria-invalid=\"true\" aria-describedby=\"wrong\"", browser.Page);
        Assert.Contains("&lt;b&gt;", browser.Page, StringComparison.Ordinal);
        Assert.DoesNotContain("data-refresh", browser.Page, StringComparison.Ordinal);
        using var away = await browser.GetAsync("/sign-ins");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        Assert.Contains("the authorization server", browser.Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheEndOfAllGrants_IsAskedFor_AndSaysWhatItCouldNotDo()
    {
        var made = await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/apps", new JsonObject { ["name"] = "Endable", ["type"] = "self_hosted", ["domain"] = "endable.test" }.ToJsonString());
        var page = $"/applications/{made["id"]}";
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        await browser.GetAsync(page);
        Assert.Contains($"href=\"{page}/end-grants\"", browser.Page, StringComparison.Ordinal);
        await browser.GetAsync($"{page}/end-grants");
        Assert.Contains("End all grants of Endable?", browser.Page, StringComparison.Ordinal);
        Assert.Contains("the token service does not answer", browser.Page, StringComparison.Ordinal);
        Assert.Contains($"access/apps/{made["id"]}/revoke_tokens", browser.Page, StringComparison.Ordinal);
        using var foreign = await browser.PostAsync($"{page}/end-grants", [], token: "none");
        Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
        await browser.GetAsync($"{page}/end-grants");
        using var away = await browser.PostAsync($"{page}/end-grants", []);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        Assert.Contains("End them", browser.Page, StringComparison.Ordinal);
        using var nothing = await browser.GetAsync($"/applications/{Guid.NewGuid()}/end-grants");
        Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
    }
}
