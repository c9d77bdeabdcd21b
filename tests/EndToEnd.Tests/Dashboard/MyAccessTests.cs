using System.Net;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>A user's own page at the team domain.</summary>
[Collection(TopologyCollection.Name)]
public sealed class MyAccessTests(LocalTopology topology)
{
    [Fact]
    public async Task User_SeesTheirOwnGrants_EndsOne_AndSignsOutEverywhere()
    {
        const string Email = "admin@example.com";
        using var browser = new ScriptedBrowser(Email, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"), "Own client <b>");
        var tokens = await client.LoginAsync(browser);
        using var stranger = new ScriptedBrowser("stranger@example.com", topology.Mailbox);
        using var other = new OAuthClient(new Uri(topology.Orders, "/orders"), "Client of a stranger");
        var foreign = await other.LoginAsync(stranger);

        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/");
        var address = new Uri(topology.Team, "/cdn-cgi/access/my-access").ToString();
        await page.GotoAsync(address);
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Own client <b>");
        await Assertions.Expect(page.Locator("main")).Not.ToContainTextAsync("Client of a stranger");
        Assert.Empty(await Administrator.ViolationsAsync(page));
        await page.ScreenshotAsync(new() { Path = Path.Combine(Administrator.Pictures, "my-access-Light-desk.png"), FullPage = true });

        await page.Locator("li", new() { HasText = "Own client <b>" }).GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.Locator("main")).Not.ToContainTextAsync("Own client <b>");
        await RefusedAsync(client, tokens.AccessToken);

        // What waits at this moment opens nothing afterwards.
        var (code, verifier) = await client.AuthorizeAsync(browser);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out everywhere" }).ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("signed out everywhere");
        await page.GotoAsync(address);
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("You are not signed in here");

        var waited = await client.TokenAsync(new()
        {
            ["grant_type"] = "authorization_code", ["code"] = code, ["code_verifier"] = verifier, ["redirect_uri"] = client.RedirectUri.ToString(), ["client_id"] = client.ClientId,
        });
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (waited.Status, waited.Body.GetProperty("error").GetString()));

        // Nobody else's access ended.
        using var answer = await other.GetAsync("/orders", foreign.AccessToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static Task RefusedAsync(OAuthClient client, string accessToken) => Eventually.Async(async () =>
    {
        using var answer = await client.GetAsync("/orders", accessToken);
        return answer.StatusCode == HttpStatusCode.Unauthorized;
    });
}
