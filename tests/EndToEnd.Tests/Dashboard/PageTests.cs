using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>The work that administrators do, in a real browser through the edge.</summary>
[Collection(TopologyCollection.Name)]
public sealed class PageTests(LocalTopology topology)
{
    [Fact]
    public async Task SomebodyElse_GetsNoCode()
    {
        const string Email = "nobody@example.com";
        await using var administrator = new Administrator(topology);
        var page = await administrator.AskAsync(Email);

        // The page does not tell who is an administrator; the mail goes to those alone.
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync($"If {Email} may use this application");
        Assert.Empty(await topology.Mailbox.PinsAsync(Email));
    }

    [Fact]
    public async Task Application_IsCreated_CorrectedAndRemoved()
    {
        var name = $"Wiki {Guid.NewGuid():N}"[..12];
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/applications/new");

        // Something is wrong: what was typed stays, and the page says where and why.
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await page.GetByLabel("Public address").FillAsync("https://not a domain");
        await page.GetByRole(AriaRole.Button, new() { Name = "Protect it" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("domain is a host name");
        await Assertions.Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync(name);
        await Assertions.Expect(page.GetByLabel("Public address")).ToHaveAttributeAsync("aria-invalid", "true");

        // A preview changes nothing, and shows the call.
        var domain = $"{Guid.NewGuid():N}.example.com";
        await page.GetByLabel("Public address").FillAsync(domain);
        await page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await Assertions.Expect(page.Locator("#preview")).ToContainTextAsync("--request POST");
        Assert.DoesNotContain((await topology.Admin.GetAsync("apps?per_page=1000")).AsArray(), app => (string?)app!["domain"] == domain);

        await page.GetByRole(AriaRole.Button, new() { Name = "Protect it" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(name);
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("is protected now");

        // Advanced settings > Managed OAuth.
        await page.GetByRole(AriaRole.Link, new() { Name = "Advanced settings" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Claude" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Allowed redirect URIs")).ToHaveValueAsync("https://claude.ai/api/mcp/auth_callback\nhttps://claude.com/api/mcp/auth_callback");
        await page.GetByLabel("Allow loopback clients").UncheckAsync();
        await page.GetByLabel("Access token lifetime").FillAsync("5m");
        await page.GetByLabel("Grant session duration").FillAsync("24h");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save application" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        var settings = (await topology.Admin.ApplicationAsync(domain))["oauth_configuration"]!;
        Assert.True((bool?)settings["enabled"]);
        Assert.True((bool?)settings["dynamic_client_registration"]!["allow_any_on_localhost"]);
        Assert.False((bool?)settings["dynamic_client_registration"]!["allow_any_on_loopback"]);
        Assert.Equal(2, settings["dynamic_client_registration"]!["allowed_uris"]!.AsArray().Count);
        Assert.Equal(("5m", "24h"), ((string?)settings["grant"]!["access_token_lifetime"], (string?)settings["grant"]!["session_duration"]));

        // Who changed it meanwhile is not overwritten.
        var id = (string)(await topology.Admin.ApplicationAsync(domain))["id"]!;
        var other = await administrator.OpenAsync($"/applications/{id}/settings");
        await page.GotoAsync(administrator.Address($"/applications/{id}/settings"));
        await other.GetByLabel("Name", new() { Exact = true }).FillAsync(name + " two");
        await other.GetByRole(AriaRole.Button, new() { Name = "Save application" }).ClickAsync();
        await Assertions.Expect(other.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(name + " three");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save application" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Somebody else changed this");
        Assert.Equal(name + " two", (string?)(await topology.Admin.ApplicationAsync(domain))["name"]);

        await page.GotoAsync(administrator.Address($"/applications/{id}/remove"));
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("No grant is active: nobody loses access.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the application" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("was removed");
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task Policy_IsWrittenWithTheKeyboardAlone_WithoutJavaScript()
    {
        var name = $"Keyboard {Guid.NewGuid():N}"[..16];
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/policies/new", javaScript: false);
        await page.GetByLabel("Name", new() { Exact = true }).FocusAsync();
        await page.Keyboard.TypeAsync(name);

        await page.ReachAsync(page.GetByLabel("Include, rule 1: Domain"));
        await page.Keyboard.TypeAsync("keyboard.example");
        await page.ReachAsync(page.GetByLabel("Kind of the new rule in Require"));
        await page.Keyboard.TypeAsync("IP range");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByLabel("Require, rule 1: Network in CIDR notation")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync(name);

        await page.ReachAsync(page.GetByLabel("Require, rule 1: Network in CIDR notation"));
        await page.Keyboard.TypeAsync("nonsense");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("no address or network");
        await page.GetByLabel("Require, rule 1: Network in CIDR notation").FocusAsync();
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.TypeAsync("203.0.113.0/24");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(name);

        var saved = (await topology.Admin.GetAsync($"policies?name={Uri.EscapeDataString(name)}")).AsArray().Single()!;
        Assert.Equal("""[{"email_domain":{"domain":"keyboard.example"}}]""", saved["include"]!.ToJsonString());
        Assert.Equal("""[{"ip":{"ip":"203.0.113.0/24"}}]""", saved["require"]!.ToJsonString());

        // The explanation of what it decides.
        await page.GetByLabel("What does this policy say to").FillAsync("alice@elsewhere.example");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("alice@elsewhere.example does not get in");
        await topology.Admin.DeleteAsync($"policies/{saved["id"]}");
    }

    [Fact]
    public async Task Grant_IsFound_ItsTimelineRead_AndRevoked()
    {
        const string Email = "timeline@example.com";
        using var user = new ScriptedBrowser(Email, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"), "Timeline client");
        var tokens = await client.LoginAsync(user);
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/grants");
        await page.GetByLabel("User").FillAsync(Email);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await page.Locator("tr", new() { HasText = "Timeline client" }).GetByRole(AriaRole.Link).First.ClickAsync();
        await Assertions.Expect(page.Locator(".timeline")).ToContainTextAsync("Access was given");
        await Assertions.Expect(page.Locator(".timeline")).ToContainTextAsync("include email_domain example.com");
        var then = DateTimeOffset.UtcNow;
        await page.GetByRole(AriaRole.Link, new() { Name = "Revoke" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("shut out within a second");
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("The grant was revoked");
        await Assertions.Expect(page.Locator(".timeline")).ToContainTextAsync("by user:admin@example.com");
        await Eventually.Async(async () =>
        {
            using var answer = await client.GetAsync("/orders", tokens.AccessToken);
            return answer.StatusCode == System.Net.HttpStatusCode.Unauthorized;
        });

        // Who could reach it before stands there, with what admitted them.
        page = await administrator.OpenAsync($"/grants?search=timeline%40&at={Uri.EscapeDataString(then.ToString("o"))}", javaScript: false);
        await Assertions.Expect(page.Locator("tr", new() { HasText = "Timeline client" }).First).ToContainTextAsync("include email_domain example.com");

        // The login stands in the log, with what decided; without scripts as well.
        page = await administrator.OpenAsync("/sign-ins?live=false", javaScript: false);
        await page.TypeIntoAsync(page.GetByLabel("User"), Email);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("tbody tr").First).ToContainTextAsync("let in");
        await Assertions.Expect(page.Locator("tbody tr").First).ToContainTextAsync("include email_domain example.com");
    }

    [Fact]
    public async Task Secrets_AreShownOnce()
    {
        var name = $"Machine {Guid.NewGuid():N}"[..16];
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/service-tokens/new");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the token" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Take it now");
        Assert.Empty(await Administrator.LookAsync(page, "secret-service-token-Light-desk"));
        var secret = await page.Locator("code", new() { HasText = "mo_st_" }).First.TextContentAsync();
        await page.ReachAsync(page.GetByRole(AriaRole.Button, new() { Name = "Copy" }).First);
        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "I have kept it" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(name);
        Assert.DoesNotContain(secret!.Trim(), await page.ContentAsync(), StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Link, new() { Name = "API tokens" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "New API token" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the token" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("permission");
        await page.GetByLabel("Access: Apps and Policies Read").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the token" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("mo_api_");
        Assert.Empty(await Administrator.LookAsync(page, "secret-api-token-Light-desk"));
    }

    [Fact]
    public async Task NamesThatAreMarkup_AreShownAsText()
    {
        const string Name = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'";
        var policy = (string)(await topology.Admin.PostAsync("policies", new JsonObject { ["name"] = Name, ["decision"] = "allow", ["include"] = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = "x@example.com" } }) }))["id"]!;
        var application = (string)(await topology.Admin.PostAsync("apps", new JsonObject { ["type"] = "self_hosted", ["name"] = Name, ["domain"] = $"{Guid.NewGuid():N}.example.com", ["policies"] = new JsonArray(policy) }))["id"]!;
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/applications");
        foreach (var path in new[] { "/", "/applications", $"/applications/{application}", $"/applications/{application}/settings", $"/applications/{application}/policies", $"/applications/{application}/remove", "/policies", $"/policies/{policy}", $"/policies/{policy}?email={Uri.EscapeDataString(Name)}", "/audit", $"/applications?search={Uri.EscapeDataString(Name)}" })
        {
            await page.GotoAsync(administrator.Address(path));
            Assert.Equal(0, await page.Locator("main script, main img").CountAsync());
        }

        await page.GotoAsync(administrator.Address($"/applications/{application}"));
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(Name);
        Assert.Empty(administrator.Complaints);
        await topology.Admin.DeleteAsync($"apps/{application}");
        await topology.Admin.DeleteAsync($"policies/{policy}");
    }
}
