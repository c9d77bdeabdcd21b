using System.Net;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>The clients that registered themselves: found, understood, ended for good.</summary>
[Collection(TopologyCollection.Name)]
public sealed class ClientTests(LocalTopology topology)
{
    [Fact]
    public async Task AClient_IsFoundByItsName_ItsGrantsSeen_AndRevokedForGood()
    {
        const string Email = "inventory@example.com";
        var name = $"Inventory {Guid.NewGuid():N}"[..18];
        using var user = new ScriptedBrowser(Email, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"), name);
        var tokens = await client.LoginAsync(user);
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/clients");
        await page.GetByLabel("Search").FillAsync(name.ToUpperInvariant());
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        var row = page.Locator("tr", new() { HasText = client.ClientId });
        await Assertions.Expect(row).ToContainTextAsync("Orders API");

        // Token tells of a grant by a message.
        await Eventually.Async(async () =>
        {
            await page.ReloadAsync();
            return (await row.InnerTextAsync()).Contains("in use", StringComparison.Ordinal);
        });
        Assert.Empty(await Administrator.ViolationsAsync(page));
        await row.GetByRole(AriaRole.Link, new() { Name = "1", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("tbody tr")).ToContainTextAsync(Email);

        await page.GotoAsync(administrator.Address($"/clients/{client.ClientId}"));
        await Assertions.Expect(page.Locator(".timeline")).ToContainTextAsync("A user agreed to it");
        await Assertions.Expect(page.Locator(".timeline")).ToContainTextAsync(Email);
        Assert.Empty(await Administrator.ViolationsAsync(page));
        await page.GetByRole(AriaRole.Link, new() { Name = "Revoke" }).ClickAsync();
        await page.ForecastAsync("This ends 1 grant of 1 user");
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke the client" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("gone for good. 1 grant ended");
        await Assertions.Expect(page.Locator(".timeline")).ToContainTextAsync("by user:admin@example.com");
        await Eventually.Async(async () =>
        {
            using var answer = await client.GetAsync("/orders", tokens.AccessToken);
            return answer.StatusCode == HttpStatusCode.Unauthorized;
        });
        Assert.Equal(HttpStatusCode.BadRequest, (await client.TryRefreshAsync(tokens.RefreshToken)).Status);

        // Its id leads nowhere any more, and it is no longer in the list; its page stays.
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var authorization = await http.GetAsync(client.AuthorizationUrl("v".PadRight(43, 'v'), "state"));
        Assert.Equal(HttpStatusCode.BadRequest, authorization.StatusCode);
        await page.GotoAsync(administrator.Address($"/clients?search={client.ClientId}"));
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("No client is like that.");
        await page.GotoAsync(administrator.Address($"/clients/{client.ClientId}"));
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("revoked");
    }
}
