using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>People, what decides about them, and the lists, pages and settings around it, in a real browser.</summary>
[Collection(TopologyCollection.Name)]
public sealed class DirectoryTests(LocalTopology topology)
{
    [Fact]
    public async Task User_IsFound_Understood_AndAllTheirAccessEnded()
    {
        const string Email = "directory@example.com";
        using var user = new ScriptedBrowser(Email, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"), "Directory client");
        var tokens = await client.LoginAsync(user);
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/users", javaScript: false);
        await page.GetByLabel("Search by address").FillAsync("directory@");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = Email }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Directory client");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("One-time PIN");

        await page.GetByRole(AriaRole.Link, new() { Name = "End all access" }).ClickAsync();
        await page.ForecastAsync("This ends 1 grant at 1 application");
        await page.GetByRole(AriaRole.Button, new() { Name = "End it" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Everything that was open has ended");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Nothing is open");
        await Eventually.Async(async () =>
        {
            using var answer = await client.GetAsync("/orders", tokens.AccessToken);
            return answer.StatusCode == System.Net.HttpStatusCode.Unauthorized;
        });

        // The tester explains both: who gets in by which rule, and that nothing is known of a stranger.
        await page.GotoAsync(administrator.Address("/policy-tester"));
        await page.GetByLabel("Application", new() { Exact = true }).SelectOptionAsync(new SelectOptionValue { Label = "Orders API" });
        await page.GetByLabel("Address of the user").FillAsync(Email);
        await page.GetByRole(AriaRole.Button, new() { Name = "Would they get in?" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync($"{Email} gets in");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("email_domain example.com");
        await page.GetByLabel("Address of the user").FillAsync("never@seen.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Would they get in?" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("has never been given access");
        await page.GetByRole(AriaRole.Button, new() { Name = "Who would get in?" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("at least one");
        await page.GetByLabel("Dashboard administrators").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Who would get in?" }).ClickAsync();
        await Assertions.Expect(page.Locator("#result tr", new() { HasText = Email })).ToContainTextAsync("stays out");
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task List_IsMade_Corrected_AndNamedByARule()
    {
        var name = $"Offices {Guid.NewGuid():N}"[..16];
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/lists/new");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await page.GetByLabel("What it lists").SelectOptionAsync("IP");
        await page.GetByLabel("Values").FillAsync("203.0.113.0/24 # the tower\nnonsense");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create list" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("address");
        await Assertions.Expect(page.GetByLabel("Values")).ToHaveValueAsync("203.0.113.0/24 # the tower\nnonsense");
        await page.GetByLabel("Values").FillAsync("203.0.113.0/24 # the tower\n2001:db8::/32");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create list" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("exists");
        await page.GetByLabel("Addresses and networks").FillAsync("203.0.113.0/24 # the tower");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save list" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        var id = page.Url.Split('/')[^1];
        Assert.Equal("the tower", (string?)(await topology.Admin.GetAsync($"../gateway/lists/{id}/items")).AsArray().Single()!["description"]);

        await page.GotoAsync(administrator.Address("/policies/new"));
        await page.GetByLabel("Kind of the new rule in Require").SelectOptionAsync(new SelectOptionValue { Label = "IP list" });
        await page.Locator("#-require, fieldset").Filter(new() { HasText = "Require" }).GetByRole(AriaRole.Button, new() { Name = "Add rule" }).First.ClickAsync();
        await Assertions.Expect(page.GetByLabel("Require, rule 1: List")).ToContainTextAsync(name);
        await topology.Admin.DeleteAsync($"../gateway/lists/{id}");
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task CustomPage_IsLookedAtInASandbox_AndTagsComeAndGo()
    {
        var name = $"Page {Guid.NewGuid():N}"[..14];
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/custom-pages/new");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await page.GetByLabel("HTML document").FillAsync("<!DOCTYPE html><title>t</title><p>Hello</p><script>document.body.append('script ran')</script><p id=origin></p>");
        var shown = await page.RunAndWaitForPopupAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Look at it" }).ClickAsync());
        await Assertions.Expect(shown.Locator("body")).ToContainTextAsync("Hello");
        await Assertions.Expect(shown.Locator("body")).Not.ToContainTextAsync("script ran");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create custom page" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("exists");
        await page.GetByRole(AriaRole.Link, new() { Name = "Remove" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the custom page" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("was removed");

        var tag = $"t{Guid.NewGuid():N}"[..12];
        await page.GotoAsync(administrator.Address("/tags"));
        await page.GetByLabel("New tag").FillAsync(tag);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("can carry this tag");
        await page.GetByLabel("New tag").FillAsync(tag);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("already");
        await page.GetByRole(AriaRole.Link, new() { Name = $"Remove {tag}" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the tag" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("was removed");
    }

    [Fact]
    public async Task SettingsAndKeys_AreChanged_WithoutJavaScript()
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/settings/sign-in", javaScript: false);
        await page.GetByLabel("Background").FillAsync("red");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("colour such as");
        await page.GetByLabel("Background").FillAsync("#f2efe6");
        await page.GetByLabel("Above the sign-in").FillAsync("Welcome <here>");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        var settings = await topology.Admin.GetAsync("organizations");
        Assert.Equal(("#f2efe6", "Welcome <here>"), ((string?)settings["login_design"]!["background_color"], (string?)settings["login_design"]!["header_text"]));
        await topology.Admin.PutAsync("organizations", new JsonObject { ["login_design"] = null });

        // What people may do here: rows come and go without being saved.
        await page.GotoAsync(administrator.Address("/settings/permissions"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a group" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("may do what their groups give them")).ToBeCheckedAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("group_id");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove this group" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Remove this group" })).ToHaveCountAsync(0);
        Assert.False((await topology.Admin.GetAsync("organizations")).AsObject().ContainsKey("dashboard_permissions"));

        await page.GotoAsync(administrator.Address("/keys"));
        await page.GetByLabel("Rotate every so many days").FillAsync("5");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("from 21 to 365");
        await page.GetByRole(AriaRole.Link, new() { Name = "Rotate now" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Nobody is signed out");
    }

    [Fact]
    public async Task RefusedRedirectUri_IsShown_AndApproved()
    {
        var uri = $"https://client-{Guid.NewGuid():N}.example/callback";
        using var http = new HttpClient();
        async Task<int> RegisterAsync()
        {
            using var body = new StringContent(new JsonObject { ["client_name"] = "Playground", ["redirect_uris"] = new JsonArray(uri) }.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(new Uri(topology.Orders, "/cdn-cgi/access/oauth/registration"), body);
            return (int)answer.StatusCode;
        }

        Assert.Equal(400, await RegisterAsync());
        var application = (string)(await topology.Admin.ApplicationAsync(topology.OrdersDomain))["id"]!;
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync($"/applications/{application}/advanced");
        var row = page.Locator("#refused li", new() { HasText = uri });
        await Assertions.Expect(row).ToContainTextAsync("“Playground”, 1 attempt");
        await row.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync(uri);
        await Assertions.Expect(page.GetByLabel("Allowed redirect URIs")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex(System.Text.RegularExpressions.Regex.Escape(uri)));
        await Assertions.Expect(page.Locator("#refused li", new() { HasText = uri })).ToHaveCountAsync(0);

        // Registrations are limited for all tests of this machine together.
        await Eventually.Async(async () => await RegisterAsync() == 201, pause: TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Overview_ShowsWhatTheEdgesCounted_AndWhereTheConfigurationIsInForce()
    {
        using var http = new HttpClient();
        using var challenged = await http.GetAsync(new Uri(topology.Orders, "/orders"));
        await using var administrator = new Administrator(topology);
        await Eventually.Async(async () =>
        {
            var minutes = (await topology.Admin.GetAsync("figures"))["minutes"]!.AsArray();
            return minutes.Sum(minute => (long)minute!["challenged"]!) > 0;
        });
        var page = await administrator.OpenAsync("/", javaScript: false);
        await Assertions.Expect(page.GetByRole(AriaRole.Img, new() { NameRegex = new System.Text.RegularExpressions.Regex("^Requests in the last hour") })).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("section", new() { HasText = "Busiest applications" }).Last).ToContainTextAsync("Orders API");
        var readers = page.Locator("section", new() { HasText = "Where the configuration is in force" }).Last;

        // Those that another test ended are told of for an hour.
        var edges = readers.GetByRole(AriaRole.Listitem).Filter(new() { Has = page.GetByText("Edge", new() { Exact = true }), HasNotText = "silent" });
        await Assertions.Expect(edges).ToHaveCountAsync(2);
        await Assertions.Expect(readers).ToContainTextAsync("Authorization server");
    }
}
