using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Dashboard;
using ManagedOAuth.EndToEnd.Tests.Providers;
using ManagedOAuth.Testing;
using Microsoft.Playwright;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>The pages of a portal in a real browser, with a server that has an authorization server of its own.</summary>
[Collection(PortalCollection.Name)]
public sealed partial class PortalPageTests(PortalTopology topology)
{
    private const string Server = $"ai-controls/mcp/servers/{PortalTopology.ServerId}";

    // Below the limit of calls of one tool.
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task User_ConnectsAServer_DisconnectsIt_AndSignsOut_WhichEndsTheClientsAccess()
    {
        // A client of the same user, which knows nothing of the browser.
        using var user = new ScriptedBrowser("admin@example.com", topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Mcp, "/mcp"));
        var tokens = await client.LoginAsync(user);
        using var caller = await PortalCaller.BeginAsync(new Uri(topology.Mcp, "/mcp"), tokens.AccessToken);
        Assert.Equal((true, "admin@example.com"), await caller.CallAsync("tools_whoami"));

        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/", javaScript: false);
        await page.GotoAsync(topology.Portal + "/");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("admin@example.com");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync(topology.Portal + "/mcp");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "What has access in your name" })).ToHaveAttributeAsync("href", new Uri(topology.Team, "/cdn-cgi/access/my-access").ToString());
        await page.GotoAsync(topology.Portal + "/authorize");
        await Assertions.Expect(NotesLogin.Row(page)).ToContainTextAsync("Not connected");

        // Without scripts and with the keyboard alone: the form, the page in between, the other server's own login, and back.
        await page.EnterAsync(NotesLogin.Row(page).GetByRole(AriaRole.Button));
        await NotesLogin.LogInAsync(page, "alice");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync($"{PortalTopology.Server} is connected.");
        await Assertions.Expect(NotesLogin.Row(page)).ToContainTextAsync("Connected");

        await page.EnterAsync(NotesLogin.Row(page).GetByRole(AriaRole.Button));
        await Assertions.Expect(NotesLogin.Row(page)).ToContainTextAsync("Not connected");

        // What is connected is forgotten with the rest.
        await NotesLogin.ConnectAsync(page, topology.Portal + "/authorize", "alice");
        await page.GotoAsync(topology.Portal + "/");
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }));
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("Sign out?");
        Assert.StartsWith(topology.Team.ToString(), page.Url, StringComparison.Ordinal);
        await Eventually.Async(async () => await Record.ExceptionAsync(() => caller.CallAsync("tools_whoami")) is HttpRequestException { StatusCode: System.Net.HttpStatusCode.Unauthorized });
        Assert.Equal("invalid_grant", (await client.TryRefreshAsync(tokens.RefreshToken)).Body.GetProperty("error").GetString());
        var portal = (string?)(await topology.Admin.ApplicationAsync(topology.Mcp.Authority))["id"];
        Assert.Empty((await topology.Admin.GetAsync($"grants?app_id={portal}&email=admin%40example.com&status=active")).AsArray());
        await using var later = new Administrator(topology);
        page = await later.OpenAsync("/");
        await page.GotoAsync(topology.Portal + "/authorize");
        await Assertions.Expect(NotesLogin.Row(page)).ToContainTextAsync("Not connected");
        Assert.Empty(administrator.Complaints);
    }

    // RFC 9728 §3.1, RFC 8414 §3.1: with the path of the endpoint and without it, each for the resource that was asked about; the issuer has no path.
    [Fact]
    public async Task Metadata_IsThereForTheEndpointAndForTheHost()
    {
        using var http = new HttpClient();
        using var refused = await http.PostAsync(new Uri(topology.Mcp, "/mcp"), null);
        Assert.Equal($"Bearer resource_metadata=\"{topology.Portal}/.well-known/oauth-protected-resource/mcp\"", refused.Headers.WwwAuthenticate.ToString());
        foreach (var name in new[] { "oauth-protected-resource", "cloudflare-access-protected-resource" })
        {
            foreach (var (path, resource) in new[] { ("", topology.Portal), ("/", topology.Portal), ("/mcp", topology.Portal + "/mcp") })
            {
                var document = JsonNode.Parse(await http.GetStringAsync(new Uri(topology.Mcp, $"/.well-known/{name}{path}")))!;
                Assert.Equal((resource, topology.Portal), ((string)document["resource"]!, (string)Assert.Single(document["authorization_servers"]!.AsArray())!));
            }
        }

        var server = JsonNode.Parse(await http.GetStringAsync(new Uri(topology.Mcp, "/.well-known/oauth-authorization-server")))!;
        Assert.Equal(topology.Portal, (string)server["issuer"]!);
        Assert.All(
            new[] { "authorization_endpoint", "token_endpoint", "registration_endpoint" },
            endpoint => Assert.StartsWith(topology.Portal + "/cdn-cgi/access/oauth/", (string)server[endpoint]!, StringComparison.Ordinal));
        foreach (var nowhere in new[] { "/.well-known/oauth-authorization-server/mcp", "/mcp/.well-known/oauth-authorization-server" })
        {
            using var none = await http.GetAsync(new Uri(topology.Mcp, nowhere));
            Assert.False(none.IsSuccessStatusCode, nowhere);
        }
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

    // The seed has connected the sample: its tools are there before anybody has done anything, and can be called once the user has an account.
    [Fact]
    public async Task FirstStart_HasReadBothServers()
    {
        await Eventually.Async(() => topology.Output.Contains("MCP server portal (/mcp)", StringComparison.Ordinal));
        var server = await topology.Admin.GetAsync(Server);
        Assert.Equal(("ready", "connected"), ((string?)server["status"], (string?)server["authentication_status"]));
        var read = (await topology.Admin.GetAsync($"{Server}/tools/account/history")).AsArray().Select(entry => DateTimeOffset.Parse((string)entry!["at"]!, System.Globalization.CultureInfo.InvariantCulture)).Min();
        Assert.True(read < File.GetLastWriteTimeUtc(Path.Combine(topology.DataFolder, "seeded")), $"It was read at {read} only.");
        using var user = new ScriptedBrowser("admin@example.com", topology.Mailbox);
        await using var client = await McpSdk.ConnectAsync(new Uri(topology.Mcp, "/mcp"), user);
        var tools = (await client.ListToolsAsync()).Select(tool => tool.Name).ToList();
        Assert.Contains("notes_account", tools);
        Assert.Contains("tools_echo", tools);
    }

    [Theory]
    [InlineData(false, ColorScheme.Light, 1280)]
    [InlineData(true, ColorScheme.Dark, 390)]
    public async Task User_SwitchesServersOfASession(bool javaScript, ColorScheme scheme, int width)
    {
        using var user = new ScriptedBrowser("admin@example.com", topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Mcp, "/mcp"));
        using var caller = await PortalCaller.BeginAsync(new Uri(topology.Mcp, "/mcp"), (await client.LoginAsync(user)).AccessToken);
        var address = SwitchesPage().Match((await caller.CallAsync("portal_toggle_servers")).Text);
        Assert.True(address.Success);
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/", scheme, javaScript, (width, 844));
        await page.GotoAsync(address.Value);
        await Assertions.Expect(page.GetByLabel(PortalTopology.Server)).ToBeCheckedAsync();

        // By the keyboard alone: to the first switch, off, and saved.
        await page.GetByLabel("Sample tools").FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        await Assertions.Expect(page.GetByLabel("Sample tools")).Not.ToBeCheckedAsync();
        await Eventually.Async(async () => !(await caller.CallAsync("tools_whoami")).IsResult, pause: s_pace);
        if (javaScript)
        {
            Assert.Empty(await Administrator.ViolationsAsync(page));
        }

        await page.ScreenshotAsync(new() { Path = Path.Combine(Administrator.Pictures, $"portal-switches-{scheme}.png"), FullPage = true });
        await page.GetByLabel("Sample tools").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        await Eventually.Async(async () => (await caller.CallAsync("tools_whoami")).IsResult, pause: s_pace);
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task Administrator_ConnectsAServerForEverybody_AndTakesItBack()
    {
        var made = await topology.RegisterAsync("everybody", "For everybody", (string)(await topology.Admin.GetAsync(Server))["hostname"]!);
        var back = new Uri(topology.Dashboard, $"/mcp-servers/{made["uid"]}").ToString();
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync(new Uri(back).AbsolutePath);
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect", Exact = true }).ClickAsync();
        Assert.Empty(await Administrator.ViolationsAsync(page));
        await page.GetByRole(AriaRole.Link, new() { Name = "Go on to the login" }).ClickAsync();
        Assert.Empty(await Administrator.ViolationsAsync(page));
        await page.GetByRole(AriaRole.Button).ClickAsync();
        await NotesLogin.LogInAsync(page, "admin-account");
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("is connected");
        var link = page.GetByRole(AriaRole.Link, new() { Name = "Back to the dashboard" });
        Assert.Equal(back, await link.GetAttributeAsync("href"));
        await link.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Read it now" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("It was read.");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("OAuth, connected");
        await page.GetByRole(AriaRole.Button, new() { Name = "Forget it" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("forgotten");
        await topology.Admin.DeleteAsync("ai-controls/mcp/servers/everybody");
        Assert.Empty(administrator.Complaints);
    }

    // An administrator's account is read from, the user's own is worked with: neither is ever used for the other.
    [Fact]
    public async Task ClientThatNeedsALogin_IsToldWhere_AndThenCallsTheServerAsItsUser()
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/");
        using var user = new ScriptedBrowser("admin@example.com", topology.Mailbox);
        await using var client = await McpSdk.ConnectAsync(new Uri(topology.Mcp, "/mcp"), user);
        await Eventually.Async(async () => (await client.ListToolsAsync()).Any(tool => tool.Name == "notes_account"));
        var refused = await Assert.ThrowsAnyAsync<McpException>(async () => await client.CallToolAsync("notes_account", new Dictionary<string, object?>()));
        var login = AuthorizePage().Match(refused.Message);
        Assert.True(login.Success, refused.Message);

        await NotesLogin.ConnectAsync(page, login.Value, "alice");
        var account = await client.CallToolAsync("notes_account", new Dictionary<string, object?>());
        Assert.Equal("alice", Assert.IsType<TextContentBlock>(Assert.Single(account.Content)).Text);

        await NotesLogin.ForgetAsync(topology, page);
        Assert.Empty(administrator.Complaints);
    }

    // npm's SDK takes the answer of the protocol's own form, and finds the page in it.
    [Fact]
    public async Task NpmSdkAndMcpRemote_LogIn_AndUseToolsOfBothServers()
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/");
        using var user = new ScriptedBrowser("admin@example.com", topology.Mailbox);
        await using var client = await NpmClient.ConnectAsync(new Uri(topology.Mcp, "/mcp"), user);
        await Eventually.Async(async () => (await client.ToolsAsync()) is var tools && tools.Contains("notes_account") && tools.Contains("tools_echo"));
        Assert.Equal("hej", TextOf(await client.CallAsync("tools_echo", new { text = "hej" })));
        Assert.Equal("admin@example.com", TextOf(await client.CallAsync("tools_whoami")));

        var refused = (await client.CallAsync("notes_account")).GetProperty("error");
        Assert.Equal(-32042, refused.GetProperty("code").GetInt32());
        await NotesLogin.ConnectAsync(page, refused.GetProperty("data").GetProperty("elicitations")[0].GetProperty("url").GetString()!, "alice");
        Assert.Equal("alice", TextOf(await client.CallAsync("notes_account")));

        // mcp-remote, for clients that speak over standard input and output: another client of the same user.
        using var remote = new McpRemote(new Uri(topology.Mcp, "/mcp"));
        await using (var behind = await remote.ConnectAsync(user))
        {
            Assert.Subset((await behind.ListToolsAsync()).Select(tool => tool.Name).ToHashSet(), new HashSet<string> { "tools_echo", "notes_account" });
            var echoed = await behind.CallToolAsync("tools_echo", new Dictionary<string, object?> { ["text"] = "hej" });
            Assert.Equal("hej", Assert.IsType<TextContentBlock>(echoed.Content[0]).Text);
            var account = await behind.CallToolAsync("notes_account", new Dictionary<string, object?>());
            Assert.Equal("alice", Assert.IsType<TextContentBlock>(account.Content[0]).Text);
        }

        await NotesLogin.ForgetAsync(topology, page);
        Assert.Empty(administrator.Complaints);

        static string? TextOf(System.Text.Json.JsonElement answer)
            => answer.TryGetProperty("result", out var result) ? result.GetProperty("content")[0].GetProperty("text").GetString() : answer.GetRawText();
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

    [GeneratedRegex(@"http://localhost:\d+/authorize\?\S+")]
    private static partial Regex AuthorizePage();

    [GeneratedRegex(@"http://localhost:\d+/switches\?\S+")]
    private static partial Regex SwitchesPage();
}
