using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>
/// The first hour with an empty installation: the sign-in with the API token, pages with nothing on them that say what to do, the organization set
/// up. Then what somebody sees who may only read, and what everybody sees while a service is away. One test, as an installation is empty only once.
/// </summary>
public sealed class BeginningTests(EmptyTopology topology) : IClassFixture<EmptyTopology>
{
    // What each page says while there is nothing, and where it leads: empty where nothing can be done on a page to begin.
    private static readonly (string Path, string Title, string Target)[] s_empty =
    [
        ("/applications", "No application yet", "/applications/new"), ("/policies", "No policy yet", "/policies/new"), ("/groups", "No group yet", "/groups/new"),
        ("/lists", "No list yet", "/lists/new"), ("/identity-providers", "Nobody can sign in yet", "/identity-providers/new"), ("/service-tokens", "No service token yet", "/service-tokens/new"),
        ("/mcp-portals", "No portal yet", "/mcp-portals/new"), ("/mcp-servers", "No MCP server yet", "/mcp-servers/new"), ("/mcp-log", "No call yet", "/mcp-portals"),
        ("/users", "Nobody is known yet", "/policies"), ("/grants", "No grant yet", "/applications"), ("/clients", "No client yet", "/applications"), ("/sign-ins?live=false", "Nobody has signed in yet", "/applications"), ("/refusals", "Nothing was refused", "/policy-tester"),
        ("/audit/dead-letters", "No dead letters", ""), ("/audit/removed", "Nothing is removed", ""), ("/audit/times", "Go back in time", ""),
        ("/tags", "No tag yet", ""), ("/custom-pages", "No page of your own", "/custom-pages/new"),
    ];

    private readonly List<string> _problems = [];

    [Fact]
    public async Task AnEmptyInstallation_IsEntered_TeachesWhatToDo_AndIsSetUp()
    {
        await using var administrator = new Administrator(topology);
        await SignInByKeyboardAsync(administrator);
        foreach (var (scheme, width) in new[] { (ColorScheme.Light, 1280), (ColorScheme.Dark, 390) })
        {
            var page = await SignInAsync(administrator, topology.AdminToken, scheme, width);
            await EmptyPagesAsync(administrator, page, $"{scheme}-{(width > 500 ? "desk" : "phone")}");
        }

        await SetUpAsync(administrator);
        await ReadOnlyAsync(administrator);
        await ServiceAwayAsync(administrator);
        Assert.True(_problems.Count == 0, string.Join("\n\n", _problems));
        Assert.Empty(administrator.Complaints);
    }

    // Without scripts and without a mouse: a wrong token is refused where it was typed, the right one leads to where somebody wanted to go.
    private async Task SignInByKeyboardAsync(Administrator administrator)
    {
        var page = await administrator.VisitAsync(new Uri(topology.Dashboard, "/policies"), ColorScheme.Light, (1280, 800), javaScript: false);
        var token = page.GetByLabel("API token");
        await Assertions.Expect(token).ToBeFocusedAsync();
        await page.TypeIntoAsync(token, "mo_api_wrong");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("is not valid");
        await Assertions.Expect(token).ToBeFocusedAsync();
        await Assertions.Expect(token).ToHaveAttributeAsync("aria-invalid", "true");
        await page.TypeIntoAsync(token, topology.AdminToken);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page).ToHaveURLAsync(administrator.Address("/policies"));
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Sign in");
        await page.Context.CloseAsync();
    }

    private async Task<IPage> SignInAsync(Administrator administrator, string token, ColorScheme scheme = ColorScheme.Light, int width = 1280, bool javaScript = true)
    {
        var page = await administrator.VisitAsync(topology.Dashboard, scheme, (width, 844), javaScript);
        if (javaScript)
        {
            await LookAsync(page, $"sign-in-{scheme}-{(width > 500 ? "desk" : "phone")}");
        }

        // The dashboard takes five tokens at once from one address, and then one in six seconds: on a fast machine this test is too quick for it.
        var isIn = page.GetByRole(AriaRole.Button, new() { Name = "Sign out", IncludeHidden = true });
        await Eventually.Async(
            async () =>
            {
                if (await isIn.CountAsync() == 0)
                {
                    await page.GetByLabel("API token").FillAsync(token);
                    await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
                    await isIn.Or(page.GetByText("Too many attempts")).First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
                }

                return await isIn.CountAsync() > 0;
            },
            pause: TimeSpan.FromSeconds(3));
        await Assertions.Expect(page).ToHaveURLAsync(administrator.Address("/"));
        return page;
    }

    private async Task EmptyPagesAsync(Administrator administrator, IPage page, string variant)
    {
        foreach (var (path, title, target) in s_empty)
        {
            await page.GotoAsync(administrator.Address(path));
            await LookAsync(page, $"empty-{AppearanceTests.NameOf(path)}-{variant}");
            var empty = page.Locator(".empty");
            if (await empty.CountAsync() == 0 || !(await empty.InnerTextAsync()).Contains(title, StringComparison.Ordinal))
            {
                _problems.Add($"{path} does not say “{title}”: {await page.Locator("main").InnerTextAsync()}");
            }
            else if (target.Length > 0 && await empty.GetByRole(AriaRole.Link).First.GetAttributeAsync("href") != target)
            {
                _problems.Add($"{path} does not lead to {target}.");
            }
        }

        foreach (var path in (string[])["/?live=false", "/settings", "/policy-tester", "/transfer", "/api-tokens", "/keys", "/applications/new", "/policies/new", "/mcp-portals/new", "/mcp-servers/new"])
        {
            await page.GotoAsync(administrator.Address(path));
            await LookAsync(page, $"empty-{AppearanceTests.NameOf(path)}-{variant}");
        }

        await page.GotoAsync(administrator.Address("/?live=false"));
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Set up the organization");
        await page.Context.CloseAsync();
    }

    private async Task SetUpAsync(Administrator administrator)
    {
        var page = await SignInAsync(administrator, topology.AdminToken);
        await page.GetByRole(AriaRole.Link, new() { Name = "Set up the organization" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("nobody can sign in anywhere until it has a name and a team domain");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Example");
        await page.GetByLabel("Team domain").FillAsync("https://not a domain");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("auth_domain");
        await page.GetByLabel("Team domain").FillAsync(topology.Team.Authority);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        await page.GotoAsync(administrator.Address("/?live=false"));
        await Assertions.Expect(page.Locator("main")).Not.ToContainTextAsync("Set up the organization");

        // A server that has never been read has nothing to show yet, nor has a portal of it.
        var server = (string)(await topology.Admin.PostAsync("ai-controls/mcp/servers", new JsonObject { ["id"] = "unread", ["name"] = "Unread", ["hostname"] = "https://unread.example.com/mcp", ["auth_type"] = "unauthenticated" }))["uid"]!;
        var portal = (string)(await topology.Admin.PostAsync("ai-controls/mcp/portals", new JsonObject { ["id"] = "unread", ["name"] = "Unread", ["hostname"] = "portal.example.com", ["servers"] = new JsonArray(new JsonObject { ["server_id"] = "unread" }) }))["uid"]!;
        var application = (string)(await topology.Admin.ApplicationAsync("portal.example.com"))["id"]!;
        foreach (var (path, text) in new[] { ($"/mcp-servers/{server}/tools", "Nothing is known of it yet"), ($"/mcp-portals/{portal}/servers/unread", "Nothing is known of it yet"), ($"/applications/{application}/advanced", "No client was refused") })
        {
            await page.GotoAsync(administrator.Address(path));
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync(text);
        }

        await page.Context.CloseAsync();
    }

    // Who may only read sees everything; what they try to change is refused with what they typed, and not done.
    private async Task ReadOnlyAsync(Administrator administrator)
    {
        var reader = (string)(await topology.Admin.PostAsync("../tokens", new JsonObject { ["name"] = "Reader", ["permissions"] = new JsonArray("read") }))["value"]!;
        var page = await SignInAsync(administrator, reader, javaScript: false);
        await RefusedAsync(administrator, page);
        page = await SignInAsync(administrator, reader);
        await RefusedAsync(administrator, page);
        await Assertions.Expect(page.Locator(".summary")).ToBeFocusedAsync();
        Assert.Empty((await topology.Admin.GetAsync("groups")).AsArray());
        await LookAsync(page, "refused-read-only-Light-desk");

        var narrow = (string)(await topology.Admin.PostAsync("../tokens", new JsonObject { ["name"] = "Keys", ["permissions"] = new JsonArray("keys_read") }))["value"]!;
        await NotPermittedAsync(administrator, await SignInAsync(administrator, narrow, javaScript: false), looks: false);
        page = await SignInAsync(administrator, narrow);
        await NotPermittedAsync(administrator, page, looks: true);
        var answer = await page.GotoAsync(administrator.Address($"/applications/{Guid.NewGuid()}/history"));
        Assert.Equal(403, answer!.Status);
    }

    private static async Task RefusedAsync(Administrator administrator, IPage page)
    {
        await Assertions.Expect(page.GetByText("read only")).ToBeVisibleAsync();
        await page.GotoAsync(administrator.Address("/groups/new"));
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Mine");
        await page.GetByLabel("Include, rule 1: Address").FillAsync("me@example.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create group" }).ClickAsync();
        await Assertions.Expect(page.Locator(".summary")).ToContainTextAsync("You are not permitted to do this");
        await Assertions.Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("Mine");
    }

    private async Task NotPermittedAsync(Administrator administrator, IPage page, bool looks)
    {
        var answer = await page.GotoAsync(administrator.Address("/grants"));
        Assert.Equal(403, answer!.Status);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Not permitted");
        if (looks)
        {
            await LookAsync(page, "not-permitted-Light-desk");
        }

        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "To the overview" }));
        await Assertions.Expect(page).ToHaveURLAsync(administrator.Address("/"));
    }

    // The token service holds its breath: what it knows is missing and said to be, everything else goes on.
    private async Task ServiceAwayAsync(Administrator administrator)
    {
        var application = (string)(await topology.Admin.PostAsync("apps", new JsonObject { ["type"] = "self_hosted", ["name"] = "Wiki", ["domain"] = "wiki.example.com" }))["id"]!;
        var plain = await SignInAsync(administrator, topology.AdminToken, javaScript: false);
        var page = await SignInAsync(administrator, topology.AdminToken);
        var answer = await page.GotoAsync(administrator.Address($"/applications/{Guid.NewGuid()}"));
        Assert.Equal(404, answer!.Status);
        await LookAsync(page, "not-found-Light-desk");
        var token = (await topology.ResourcesAsync()).Single(resource => resource.Name == "token").Pid;
        LocalTopology.Signal("-STOP", token);
        try
        {
            await page.GotoAsync(administrator.Address("/grants"));
            await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The token service does not answer");
            await LookAsync(page, "away-grants-Light-desk");
            await page.GotoAsync(administrator.Address("/?live=false"));
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("The token service does not answer");
            await LookAsync(page, "away-overview-Light-desk");
            await plain.GotoAsync(administrator.Address("/grants"));
            await Assertions.Expect(plain.GetByRole(AriaRole.Alert)).ToContainTextAsync("The token service does not answer");
            await plain.GotoAsync(administrator.Address("/"));
            await Assertions.Expect(plain.Locator("main")).ToContainTextAsync("The token service does not answer");
            await page.GotoAsync(administrator.Address($"/applications/{application}/remove"));
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync("the token service does not answer");
            await page.GotoAsync(administrator.Address($"/applications/{application}"));
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync("not known right now");
        }
        finally
        {
            LocalTopology.Signal("-CONT", token);
        }
    }

    private async Task LookAsync(IPage page, string name) => _problems.AddRange(await Administrator.LookAsync(page, name));
}
