using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Topology;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>What was can be read, compared and brought back.</summary>
[Collection(TopologyCollection.Name)]
public sealed class HistoryTests(LocalTopology topology)
{
    [Fact]
    public async Task Versions_AreCompared_OneIsBroughtBack_AndSoIsARemovedObject()
    {
        var name = $"Team {Guid.NewGuid():N}"[..14];
        var id = (string)(await topology.Admin.PostAsync("groups", Group(name, "one.example")))["id"]!;
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync($"/groups/{id}");
        await page.GetByLabel("Include, rule 1: Domain").FillAsync("two.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save group" }).Last.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");

        await page.GetByRole(AriaRole.Link, new() { Name = "History" }).ClickAsync();
        await Assertions.Expect(page.Locator(".timeline")).ToContainTextAsync("Version 2");
        await Assertions.Expect(page.Locator(".timeline")).ToContainTextAsync("admin@example.com");
        await Assertions.Expect(page.Locator(".timeline del")).ToContainTextAsync("one.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("From version 1 to version 2");
        await Assertions.Expect(page.GetByRole(AriaRole.Status).Locator("ins")).ToContainTextAsync("two.example");

        await page.GetByRole(AriaRole.Link, new() { Name = "Bring this version back (version 1)" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("What would be different from now");
        await Assertions.Expect(page.Locator("main ins")).ToContainTextAsync("one.example");

        // Somebody changes it between the question and the answer: what was confirmed is no longer what would happen.
        await topology.Admin.PutAsync($"groups/{id}", Group(name, "three.example"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Bring it back" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Somebody else changed this");
        await page.GetByRole(AriaRole.Button, new() { Name = "Bring it back" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Version 1 is back");
        Assert.Contains("one.example", (await topology.Admin.GetAsync($"groups/{id}"))["include"]!.ToJsonString(), StringComparison.Ordinal);

        await topology.Admin.DeleteAsync($"groups/{id}");
        await page.GotoAsync(administrator.Address("/audit/removed"));
        await page.GetByRole(AriaRole.Link, new() { Name = $"Bring it back ({name})" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("was removed and comes back");
        await page.GetByRole(AriaRole.Button, new() { Name = "Bring it back" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(name);
        await page.GotoAsync(administrator.Address("/audit/removed"));
        await Assertions.Expect(page.Locator("main")).Not.ToContainTextAsync(name);
        await topology.Admin.DeleteAsync($"groups/{id}");
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task Audit_IsFiltered_AndTheConfigurationReadAsOfATime_WithoutJavaScript()
    {
        var name = $"Audited {Guid.NewGuid():N}"[..16];
        var before = Minute(DateTimeOffset.UtcNow.AddMinutes(-1));
        var id = (string)(await topology.Admin.PostAsync("groups", Group(name, "audited.example")))["id"]!;
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/audit?kind=group", javaScript: false);
        await Assertions.Expect(page.Locator("tbody tr").First).ToContainTextAsync(name);
        await page.GetByLabel("Kind").SelectOptionAsync("application");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Assertions.Expect(page.Locator("tbody")).Not.ToContainTextAsync(name);
        await page.GotoAsync(administrator.Address("/audit?since=nonsense"));
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("since is a time");
        await page.GotoAsync(administrator.Address("/audit?actor=user:nobody"));
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("There are no changes like that");

        await page.GotoAsync(administrator.Address("/audit/times"));
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Go back in time");
        await page.GotoAsync(administrator.Address($"/audit/times?from={before}"));
        await Assertions.Expect(page.Locator("main")).Not.ToContainTextAsync(name);
        await page.GotoAsync(administrator.Address($"/audit/times?from={before}&to={Minute(DateTimeOffset.UtcNow.AddMinutes(2))}"));
        await Assertions.Expect(page.Locator("section", new() { HasText = name })).ToContainTextAsync("new");
        await topology.Admin.DeleteAsync($"groups/{id}");
    }

    private static string Minute(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);

    private static JsonObject Group(string name, string domain)
        => new() { ["name"] = name, ["include"] = new JsonArray(new JsonObject { ["email_domain"] = new JsonObject { ["domain"] = domain } }) };
}
