using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Topology;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>The configuration as a file, taken along and brought back.</summary>
[Collection(TopologyCollection.Name)]
public sealed class TransferTests(LocalTopology topology)
{
    [Fact]
    public async Task Configuration_IsExported_Planned_AndImported()
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/transfer");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download the configuration" }).ClickAsync());
        var file = JsonNode.Parse(await File.ReadAllTextAsync(await download.PathAsync()))!.AsObject();
        Assert.Equal("managedoauth.configuration", (string?)file["format"]);

        await page.GetByLabel("or its text").FillAsync("nonsense");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a plan" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("no configuration file");

        // Nothing has changed: the plan is empty.
        await page.GetByLabel("or its text").FillAsync(file.ToJsonString());
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a plan" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("0 would be made, 0 changed, 0 removed");

        // A group that is removed meanwhile comes back by the file.
        var name = $"Carried {Guid.NewGuid():N}"[..16];
        var id = (string)(await topology.Admin.PostAsync("groups", new JsonObject { ["name"] = name, ["include"] = new JsonArray(new JsonObject { ["email_domain"] = new JsonObject { ["domain"] = "carried.example" } }) }))["id"]!;
        var withGroup = (await topology.Admin.GetRawAsync("export")).ToJsonString();
        await topology.Admin.DeleteAsync($"groups/{id}");
        await page.GotoAsync(administrator.Address("/transfer"));
        await page.GetByLabel("or its text").FillAsync(withGroup);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a plan" }).ClickAsync();
        await Assertions.Expect(page.Locator("section", new() { HasText = name })).ToContainTextAsync("made");
        await page.GetByRole(AriaRole.Button, new() { Name = "Do it" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Done: 1 made, 0 changed, 0 removed");
        Assert.Equal(name, (string?)(await topology.Admin.GetAsync($"groups/{id}"))["name"]);
        await topology.Admin.DeleteAsync($"groups/{id}");
        Assert.Empty(administrator.Complaints);
    }
}
