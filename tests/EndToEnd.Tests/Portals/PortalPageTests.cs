using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Dashboard;
using ManagedOAuth.EndToEnd.Tests.Providers;
using ManagedOAuth.EndToEnd.Tests.Topology;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>One replica of everything, and at the MCP address a portal over the sample with a login of its own.</summary>
public sealed class PortalTopology() : LocalTopology("token=1,edge=1")
{
    public string Portal => Mcp.GetLeftPart(UriPartial.Authority);

    /// <summary>Name of the server in the portal.</summary>
    public string Server { get; private set; } = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var notes = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Orders.Port + 12}/mcp");
        var servers = (await Admin.GetAsync("ai-controls/mcp/servers")).AsArray();
        if (servers.FirstOrDefault(server => (string?)server!["hostname"] == notes) is { } known)
        {
            Server = (string)known["name"]!;
            return;
        }

        Server = "Notes";
        await AddServerAsync("notes", Server, notes);
    }

    /// <summary>Registers a server that asks for a login of each user, and puts it into the portal.</summary>
    public async Task AddServerAsync(string id, string name, string url)
    {
        var policy = (string)(await Admin.GetAsync("policies")).AsArray().Single(entry => (string?)entry!["name"] == "Allow example.com")!["id"]!;
        await Admin.PostAsync("ai-controls/mcp/servers", new JsonObject
        {
            ["id"] = id,
            ["name"] = name,
            ["hostname"] = url,
            ["auth_type"] = "oauth",
            ["policies"] = new JsonArray(new JsonObject { ["id"] = policy, ["precedence"] = 1 }),
        });
        var entry = new JsonObject { ["server_id"] = id };
        if ((await Admin.GetAsync("ai-controls/mcp/portals")).AsArray().FirstOrDefault(portal => (string?)portal!["hostname"] == Mcp.Authority) is JsonObject known)
        {
            var servers = new JsonArray([.. known["servers"]!.AsArray().Select(server => new JsonObject { ["server_id"] = (string?)server!["server_id"] }), entry]);
            await Admin.PutAsync($"ai-controls/mcp/portals/{known["id"]}", new JsonObject { ["name"] = (string?)known["name"], ["hostname"] = Mcp.Authority, ["servers"] = servers });
            return;
        }

        if ((await Admin.GetAsync("apps?per_page=1000")).AsArray().FirstOrDefault(app => (string?)app!["domain"] == Mcp.Authority) is { } before)
        {
            await Admin.DeleteAsync($"apps/{before["id"]}");
        }

        await Admin.PostAsync("ai-controls/mcp/portals", new JsonObject
        {
            ["id"] = "engineering",
            ["name"] = "Engineering",
            ["hostname"] = Mcp.Authority,
            ["servers"] = new JsonArray(entry),
            ["policies"] = new JsonArray(new JsonObject { ["id"] = policy, ["precedence"] = 1 }),
        });
    }
}

/// <summary>The pages of a portal in a real browser, with a server that has an authorization server of its own.</summary>
public sealed class PortalPageTests(PortalTopology topology) : IClassFixture<PortalTopology>
{
    [Fact]
    public async Task User_ConnectsAServer_DisconnectsIt_AndSignsOut()
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/", javaScript: false);
        await page.GotoAsync(topology.Portal + "/");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("admin@example.com");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync(topology.Portal + "/mcp");
        await page.GotoAsync(topology.Portal + "/authorize");
        await Assertions.Expect(Row(page)).ToContainTextAsync("Not connected");

        // Without scripts: the form, the page in between, the other server's own login, and back.
        await Row(page).GetByRole(AriaRole.Button).ClickAsync();
        await page.FillAsync("input[name=user]", "alice");
        await page.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync($"{topology.Server} is connected.");
        await Assertions.Expect(Row(page)).ToContainTextAsync("Connected");

        await Row(page).GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(Row(page)).ToContainTextAsync("Not connected");

        await page.GotoAsync(topology.Portal + "/");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("Sign out?");
        Assert.StartsWith(topology.Team.ToString(), page.Url, StringComparison.Ordinal);
        Assert.Empty(administrator.Complaints);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task Pages_HaveNoSeriousViolation_AndFitTheirWindow(ColorScheme scheme, int width)
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/", scheme, size: (width, 844));
        foreach (var (name, path) in new[] { ("home", "/"), ("servers", "/authorize"), ("gone", "/servers-callback?state=x") })
        {
            await page.GotoAsync(topology.Portal + path);
            foreach (var summary in await page.Locator("summary").AllAsync())
            {
                await summary.ClickAsync();
            }

            Assert.Empty(await Administrator.ViolationsAsync(page));
            Assert.False(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"), $"{path} is wider than {width}");
            await page.ScreenshotAsync(new() { Path = Path.Combine(Administrator.Pictures, $"portal-{name}-{scheme}-{(width > 500 ? "desk" : "phone")}.png"), FullPage = true });
        }

        await page.Context.GrantPermissionsAsync(["clipboard-write"]);
        await page.GotoAsync(topology.Portal + "/");
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Copied" })).ToBeVisibleAsync();
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task Administrator_ConnectsAServerForEverybody_AndTakesItBack()
    {
        var id = (string)(await topology.Admin.GetAsync("ai-controls/mcp/servers")).AsArray().Single(server => (string?)server!["name"] == topology.Server)!["id"]!;
        var back = new Uri(topology.Dashboard, "/settings").ToString();
        var connect = await topology.Admin.PostAsync($"ai-controls/mcp/servers/{id}/connect", new JsonObject { ["return_url"] = back });
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/");
        await page.GotoAsync((string)connect["url"]!);
        Assert.Empty(await Administrator.ViolationsAsync(page));
        await page.GetByRole(AriaRole.Button).ClickAsync();
        await page.FillAsync("input[name=user]", "admin-account");
        await page.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("is connected");
        Assert.Equal(back, await page.GetByRole(AriaRole.Link, new() { Name = "Back to the dashboard" }).GetAttributeAsync("href"));
        await topology.Admin.PostAsync($"ai-controls/mcp/servers/{id}/disconnect");
        Assert.Empty(administrator.Complaints);
    }

    // npm's oidc-provider: an authorization server that nobody here wrote.
    [Fact]
    public async Task ForeignAuthorizationServer_WithRegistrationAndResourceIndicators_IsConnected_AndRevoked()
    {
        await using var provider = new NodeProvider(new Uri("http://127.0.0.1/unused"), "mcp");
        await provider.StartAsync();
        await provider.ScriptAsync("u-42", new { email = "someone@upstream.example", email_verified = true });
        await topology.AddServerAsync("oidc", "Foreign", provider.Issuer + "/mcp");
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/");
        await page.GotoAsync(topology.Portal + "/authorize");
        var row = page.Locator("li", new() { HasText = "Foreign" });
        await row.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Foreign is connected.");
        Assert.Single(provider.RefreshTokens());

        await row.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(row).ToContainTextAsync("Not connected");
        Assert.Empty(provider.RefreshTokens());
        Assert.Empty(administrator.Complaints);
    }

    private ILocator Row(IPage page) => page.Locator("li", new() { HasText = topology.Server });
}
