using System.Net;
using System.Text.RegularExpressions;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>The whole life of the credentials of machines and scripts, without JavaScript: made, shown once, changed, renewed, ended.</summary>
[Collection(TopologyCollection.Name)]
public sealed class CredentialTests(LocalTopology topology)
{
    private readonly string _name = $"Life {Guid.NewGuid():N}"[..14];

    [Fact]
    public async Task ServiceToken_IsMade_Changed_TurnedOff_Rotated_Extended_AndRemoved()
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/service-tokens/new", javaScript: false);
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(_name);
        await page.GetByLabel("Duration").FillAsync("720h");
        await page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await Assertions.Expect(page.Locator("#preview")).ToContainTextAsync(_name);
        await Assertions.Expect(page.Locator("#preview")).ToBeFocusedAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the token" }).ClickAsync();
        var first = await SecretAsync(page, "mo_st_");

        // The page that showed it is not kept: whoever goes back or asks again sees no secret.
        await page.GetByRole(AriaRole.Link, new() { Name = "I have kept it" }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/service-tokens/[0-9a-f-]{36}$"));
        var address = page.Url;
        await page.GotoAsync(administrator.Address("/service-tokens"));
        await page.GetByRole(AriaRole.Link, new() { Name = _name }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(address);
        await page.WaitForLoadStateAsync();
        Assert.DoesNotContain(first, await page.ContentAsync(), StringComparison.Ordinal);

        var id = address.Split('/')[^1];
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(_name + " two");
        await page.GetByLabel("Enabled").UncheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("No use of it is known.");
        await page.Locator("button[value=confirm]").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("off");
        Assert.False((bool)(await topology.Admin.GetAsync($"service_tokens/{id}"))["enabled"]!);
        await page.GetByLabel("Enabled").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("active");

        await page.GetByLabel("Honour the old secret").SelectOptionAsync("24");
        await page.GetByRole(AriaRole.Button, new() { Name = "Rotate" }).ClickAsync();
        await page.Locator("button[value=confirm]").ClickAsync();
        Assert.NotEqual(first, await SecretAsync(page, "mo_st_"));
        await page.GetByRole(AriaRole.Link, new() { Name = "I have kept it" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("The one before is honoured until");

        await page.GetByRole(AriaRole.Button, new() { Name = "Extend" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("extended by its full duration");
        await page.GetByRole(AriaRole.Link, new() { Name = "Remove" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("with the secret that it has now");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the service token" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("was removed");
        var gone = await page.GotoAsync(address);
        Assert.Equal(404, gone!.Status);
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task ApiToken_IsMade_Changed_Rolled_AndRemoved_AndCountsAtOnce()
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/api-tokens/new", javaScript: false);
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(_name);
        await page.GetByLabel("Access: Service Tokens Read").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the token" }).ClickAsync();
        var first = await SecretAsync(page, "mo_api_");
        await EventuallyAnswersAsync(first, "service_tokens", HttpStatusCode.OK);
        await EventuallyAnswersAsync(first, "groups", HttpStatusCode.Forbidden);

        await page.GetByRole(AriaRole.Link, new() { Name = "I have kept it" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = _name, Exact = true }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(_name + " two");
        await page.GetByLabel("Access: Service Tokens Read").UncheckAsync();
        await page.GetByLabel("Access: Organizations, Identity Providers, and Groups Read").CheckAsync();
        await page.GetByLabel("Ends at (UTC)").FillAsync("2090-01-01T00:00:01");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save API token" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        await EventuallyAnswersAsync(first, "groups", HttpStatusCode.OK);
        await EventuallyAnswersAsync(first, "service_tokens", HttpStatusCode.Forbidden);
        Assert.Contains("2090-01-01T00:00:01", await page.GetByLabel("Ends at (UTC)").InputValueAsync(), StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Link, new() { Name = "Roll", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("the old one is refused");
        await page.GetByRole(AriaRole.Button, new() { Name = "Roll the token" }).ClickAsync();
        var second = await SecretAsync(page, "mo_api_");
        await EventuallyAnswersAsync(first, "groups", HttpStatusCode.Unauthorized);
        await EventuallyAnswersAsync(second, "groups", HttpStatusCode.OK);

        await page.GetByRole(AriaRole.Link, new() { Name = "I have kept it" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = $"Remove {_name} two" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the API token" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("was removed");
        await EventuallyAnswersAsync(second, "groups", HttpStatusCode.Unauthorized);
        Assert.Empty(administrator.Complaints);
    }

    // The value on the page that shows it; it is never stored by a browser.
    private static async Task<string> SecretAsync(IPage page, string prefix)
    {
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Take it now");
        return (await page.Locator(".copy code", new() { HasText = prefix }).InnerTextAsync()).Trim();
    }

    private Task EventuallyAnswersAsync(string token, string path, HttpStatusCode expected) => Eventually.Async(async () =>
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var answer = await http.GetAsync(new Uri(topology.Dashboard, $"/client/v4/accounts/default/access/{path}"));
        return answer.StatusCode == expected;
    });
}
