using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Portals;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>MCP servers, portals and their log, by an administrator's browser.</summary>
[Collection(TopologyCollection.Name)]
public sealed class McpTests(LocalTopology topology)
{
    private const string Servers = "ai-controls/mcp/servers";
    private const string Portals = "ai-controls/mcp/portals";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AServer_IsAdded_ItsToolsAreNamed_AndAPortalIsMadeOfIt(bool javaScript)
    {
        var name = $"s{Guid.NewGuid():N}"[..10];
        var address = (string)(await topology.Admin.GetAsync($"{Servers}/tools"))["hostname"]!;
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/mcp-servers", javaScript: javaScript);
        await page.GetByRole(AriaRole.Link, new() { Name = "Add", Exact = true }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Browser's tools");
        await page.GetByLabel("Id", new() { Exact = true }).FillAsync("not_an_id");
        await page.GetByLabel("Address").FillAsync(address);

        // What another way to log in needs is not asked for.
        await Assertions.Expect(page.Locator("#field-auth_credentials")).ToBeHiddenAsync();
        await page.GetByLabel("Bearer token").CheckAsync();
        await Assertions.Expect(page.Locator("#field-auth_credentials")).ToBeVisibleAsync();
        await page.GetByLabel("None", new() { Exact = true }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add the server" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("no underscore");
        await page.GetByLabel("Id", new() { Exact = true }).FillAsync(name);

        // By the keyboard: Enter saves, although it is not the first button of the page.
        await page.GetByLabel("Id", new() { Exact = true }).PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("is read now");
        await Eventually.Async(async () => (string?)(await topology.Admin.GetAsync($"{Servers}/{name}"))["status"] == "ready");
        await page.GetByRole(AriaRole.Link, new() { Name = "Tools and prompts" }).ClickAsync();
        var row = page.Locator("li.capability").First;
        var tool = await row.Locator("code").First.InnerTextAsync();
        await row.GetByLabel("There").SelectOptionAsync("off");
        await row.GetByLabel("Alias").FillAsync("other name");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("letters and digits");
        await page.Locator("li.capability").First.GetByLabel("Alias").FillAsync("other");
        await page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await Assertions.Expect(page.Locator("#preview")).ToContainTextAsync("other");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("Saved");
        Assert.Equal($$"""[{"name":"{{tool}}","enabled":false,"alias":"other"}]""", (await topology.Admin.GetAsync($"{Servers}/{name}"))["updated_tools"]!.ToJsonString());
        await page.GetByRole(AriaRole.Link, new() { Name = $"History of {tool}" }).ClickAsync();
        await Assertions.Expect(page.Locator(".timeline")).ToContainTextAsync("Read and approved");

        // Who may use one tool: a row of the server's own page, which says at the row what is missing.
        await page.GotoAsync(administrator.Address($"/mcp-servers/{(await topology.Admin.GetAsync($"{Servers}/{name}"))["uid"]}"));
        await page.GetByLabel("Tools", new() { Exact = true }).FillAsync(tool);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save server" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("policies names at least one reusable policy");
        await page.GetByLabel("Policies", new() { Exact = true }).First.SelectOptionAsync(new SelectOptionValue { Label = "Allow example.com" });
        Assert.Empty(javaScript ? await Administrator.ViolationsAsync(page) : []);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save server" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("Saved");
        Assert.Equal(tool, (string?)(await topology.Admin.GetAsync($"{Servers}/{name}"))["tool_policies"]![0]!["tools"]![0]);

        await page.GotoAsync(administrator.Address("/mcp-portals/new"));
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Browser's portal");
        await page.GetByLabel("Id", new() { Exact = true }).FillAsync(name);
        await page.GetByLabel("Public address").FillAsync($"{name}.example.com");
        await page.GetByLabel("Server", new() { Exact = true }).SelectOptionAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Put it in" }).ClickAsync();
        await page.GetByLabel("Only tools that are switched on here").CheckAsync();
        await page.GetByLabel("Code mode").SelectOptionAsync("opt_in");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the portal" }).ClickAsync();
        await Assertions.Expect(page.Locator("#endpoint")).ToContainTextAsync($"{name}.example.com");
        await page.GetByRole(AriaRole.Link, new() { Name = "which are there" }).ClickAsync();
        await page.Locator("li.capability").First.GetByLabel("There").SelectOptionAsync("on");
        var alias = page.Locator("li.capability").First.GetByLabel("Alias");
        await alias.FillAsync("other name");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator(".summary")).ToBeFocusedAsync();
        await page.EnterAsync(page.Locator(".summary").GetByRole(AriaRole.Link));
        await Assertions.Expect(alias).ToHaveValueAsync("other name");
        await page.TypeIntoAsync(alias, "");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("Saved");
        var entry = (await topology.Admin.GetAsync($"{Portals}/{name}"))["servers"]![0]!;
        Assert.Equal("opt_in", (string?)(await topology.Admin.GetAsync($"{Portals}/{name}"))["code_mode"]);
        Assert.Equal((true, true), ((bool)entry["default_disabled"]!, (bool)entry["updated_tools"]![0]!["enabled"]!));

        await page.GetByRole(AriaRole.Link, new() { Name = "Browser's portal" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Remove", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the MCP server portal" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("was removed");
        await topology.Admin.DeleteAsync($"{Servers}/{name}");
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task ACall_StandsInTheLog_WithItsGrant()
    {
        using var user = new ScriptedBrowser("admin@example.com", topology.Mailbox);
        await using var client = await McpSdk.ConnectAsync(new Uri(topology.Mcp, "/mcp"), user);
        var tool = (await client.ListToolsAsync()).First(offered => offered.Name.StartsWith("tools_", StringComparison.Ordinal)).Name;
        await client.CallToolAsync(tool, new Dictionary<string, object?>());
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/mcp-log?server=tools&user=admin@example.com&live=true");

        // It reads itself again until the edge has reported.
        await Assertions.Expect(page.Locator("tbody tr").First).ToContainTextAsync(tool["tools_".Length..]);
        await Assertions.Expect(page.Locator("tbody tr").First).ToContainTextAsync("Sample");
        await page.GetByRole(AriaRole.Link, new() { Name = "Stop watching" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Stop watching" })).ToHaveCountAsync(0);
        await page.Locator("tbody tr").First.GetByRole(AriaRole.Link, new() { Name = "everything of this flow" }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("[?&]flow=[0-9a-f]{32}$"));
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await page.Locator("tbody tr").First.GetByRole(AriaRole.Link, new() { Name = "admin@example.com" }).ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/grants/"));
        await page.GotoAsync(administrator.Address("/mcp-log?since=nonsense"));
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("since is a time");
        Assert.Empty(administrator.Complaints);
    }
}
