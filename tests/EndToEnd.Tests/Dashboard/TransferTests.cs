using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
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
        var objects = file["objects"]!.AsObject().Sum(kind => kind.Value!.AsArray().Count);
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync($"{objects} of {objects} objects");

        // Without scripts the browser takes it as it comes.
        var plain = await administrator.OpenAsync("/transfer", javaScript: false);
        download = await plain.RunAndWaitForDownloadAsync(() => plain.GetByRole(AriaRole.Link, new() { Name = "Download the configuration" }).ClickAsync());
        Assert.Equal(objects, JsonNode.Parse(await File.ReadAllTextAsync(await download.PathAsync()))!["objects"]!.AsObject().Sum(kind => kind.Value!.AsArray().Count));

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

    [Fact]
    public async Task AnImportOfMoreThanOneBatch_IsAJob_ThatTellsHowFarItIs()
    {
        var name = $"job-{Guid.NewGuid():N}"[..10];
        var tags = (await topology.Admin.GetRawAsync("export?kinds=tag"))["objects"]!["tag"]!.AsArray();
        var more = new JsonArray([.. tags.Select(tag => tag!.DeepClone()), .. Enumerable.Range(0, 510).Select(number => new JsonObject { ["name"] = $"{name}-{number}" })]);
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/transfer", javaScript: false);
        await ImportAsync(page, more, prune: false, "510 would be made");
        await page.ScreenshotAsync(new() { Path = Path.Combine(Administrator.Pictures, "transfer-job-Light-desk.png"), FullPage = true });
        Assert.Empty(await Administrator.ViolationsAsync(await administrator.OpenAsync(new Uri(page.Url).PathAndQuery)));
        await page.GotoAsync(administrator.Address("/transfer"));
        await Assertions.Expect(page.Locator("section", new() { HasText = "Imports" })).ToContainTextAsync("by admin@example.com");

        // And back: what the file does not have is removed, which the button says by its colour.
        await ImportAsync(page, tags, prune: true, "510 removed");
        Assert.Equal(tags.Count, (await topology.Admin.GetAsync("tags?per_page=1000")).AsArray().Count);
        Assert.Empty(administrator.Complaints);
    }

    // Without scripts somebody looks again by a link.
    private static async Task ImportAsync(IPage page, JsonArray tags, bool prune, string plan)
    {
        var file = new JsonObject { ["format"] = "managedoauth.configuration", ["format_version"] = 1, ["objects"] = new JsonObject { ["tag"] = tags.DeepClone() } };
        await page.GetByLabel("or its text").FillAsync(file.ToJsonString());
        await page.GetByLabel("Also remove what the file does not have").SetCheckedAsync(prune);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a plan" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync(plan);
        await page.GetByRole(AriaRole.Button, new() { Name = "Do it" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Progressbar)).ToBeVisibleAsync();
        await Eventually.Async(async () =>
        {
            // The heading is waited for, and is above the link: a page that is only half there has neither.
            var state = await page.GetByRole(AriaRole.Heading, new() { Level = 1 }).InnerTextAsync();
            if (!state.Contains("queued", StringComparison.Ordinal) && !state.Contains("running", StringComparison.Ordinal))
            {
                return true;
            }

            await page.GetByRole(AriaRole.Link, new() { Name = "Look again" }).ClickAsync();
            return false;
        });
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("succeeded");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("510 of 510 changes");
    }
}
