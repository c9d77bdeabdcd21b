using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>Once an application has the dashboard's domain, API tokens open the API alone.</summary>
public sealed class ProtectedDashboardTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    [Fact]
    public async Task WithAnApplication_TheApiTokenNoLongerOpensThePages()
    {
        using var browser = host.Browse();
        await browser.GetAsync("/sign-in");
        using var signedIn = await browser.PostAsync("/sign-in", new() { ["token"] = ConfigHost.Token });
        Assert.Equal(HttpStatusCode.SeeOther, signedIn.StatusCode);

        var made = await host.Api.PostAsJsonAsync("/client/v4/accounts/default/access/apps", new JsonObject { ["type"] = "self_hosted", ["name"] = "Dashboard", ["domain"] = "localhost:8703" });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);

        using var page = await browser.GetAsync("/");
        Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
        Assert.Contains("protected by an application", browser.Page, StringComparison.Ordinal);
        using var form = await browser.GetAsync("/sign-in");
        Assert.Equal(HttpStatusCode.Forbidden, form.StatusCode);
        using var api = await host.Api.GetAsync("/client/v4/accounts/default/access/apps");
        Assert.Equal(HttpStatusCode.OK, api.StatusCode);
    }
}
