using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Dashboard;
using ManagedOAuth.Testing;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Providers;

/// <summary>What people see of identity providers: the choice, what goes wrong there, the way out; and what an administrator sees of one.</summary>
[Collection(ProviderCollection.Name)]
public sealed class ProviderPageTests(ProviderTopology topology) : IAsyncLifetime
{
    private const string Away = "Nobody there";

    private readonly string _sub = "u-" + Guid.NewGuid().ToString("N");
    private readonly List<string> _problems = [];
    private string _away = "";

    private string Email => _sub + "@example.com";

    // A second provider, which does not answer.
    public async Task InitializeAsync() => _away = (string)(await topology.Admin.PostAsync("identity_providers?wait=applied&timeout=30s", new JsonObject
    {
        ["name"] = Away,
        ["type"] = "oidc",
        ["config"] = new JsonObject { ["client_id"] = "c", ["client_secret"] = "s", ["issuer_url"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}"), ["scopes"] = new JsonArray("openid", "email") },
    }))["id"]!;

    public Task DisposeAsync() => topology.Admin.DeleteAsync($"identity_providers/{_away}");

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task ALogin_ThatGoesWrong_SaysWhatToDo_AndSigningOutLeadsToTheProvider(ColorScheme scheme, int width)
    {
        await using var browser = new Administrator(topology);
        var variant = $"{scheme}-{(width > 500 ? "desk" : "phone")}";
        var page = await browser.VisitAsync(topology.Plain, scheme, (width, 844));
        await Assertions.Expect(page.GetByLabel("E-mail address")).ToBeVisibleAsync();
        await LookAsync(page, $"team-choice-{variant}");

        // A wrong address takes none of the other ways away.
        await page.GetByLabel("E-mail address").FillAsync("no..body@example.com");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("such as name@example.com");
        await Assertions.Expect(page.GetByLabel("E-mail address")).ToBeFocusedAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = $"Continue with {Away}" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync($"{Away}, where you sign in, does not answer");
        await LookAsync(page, $"team-provider-away-{variant}");

        await topology.Provider.ScriptAsync(_sub, new { department = "research" });
        await page.GotoAsync(topology.Plain.ToString());
        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with Corporate" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("did not succeed");
        await LookAsync(page, $"team-provider-refused-{variant}");

        // Let in by nobody's rule: the page says as whom, and offers to be somebody else.
        await topology.Provider.ScriptAsync(_sub, new { email = Email, email_verified = true, groups = new[] { "sales" } });
        await page.GotoAsync(new Uri(topology.Orders, "/orders").ToString());
        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "Continue with Corporate" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(Email);
        await LookAsync(page, $"team-denied-{variant}");
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Sign in as somebody else" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Sign in");

        await page.GotoAsync(new Uri(topology.Team, "/cdn-cgi/access/logout").ToString());
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("You are signed out");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Sign out of Corporate" })).ToBeVisibleAsync();
        await LookAsync(page, $"team-signed-out-{variant}");
        Assert.Empty(_problems);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Administrator_TestsALogin_ThatWorks_AndOneThatDoesNot()
    {
        await topology.Provider.ScriptAsync(_sub, new { email = Email, email_verified = true, department = "research", groups = new[] { "sales" } });
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync($"/identity-providers/{topology.ProviderId}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Test the login" }).ClickAsync();
        await LookAsync(page, "provider-test-Light-desk");
        var there = await page.RunAndWaitForPopupAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Sign in there" }).ClickAsync());
        await Assertions.Expect(there.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Corporate works");
        await LookAsync(there, "team-provider-works-Light-desk");
        await page.GetByRole(AriaRole.Link, new() { Name = "See what came of it" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("It works.");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("research");
        await LookAsync(page, "provider-test-works-Light-desk");

        // Without scripts and with the keyboard alone, also at a provider that does not answer.
        page = await administrator.OpenAsync($"/identity-providers/{topology.ProviderId}", javaScript: false);
        there = await TryByKeyboardAsync(page);
        await Assertions.Expect(there.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Corporate works");
        page = await administrator.OpenAsync($"/identity-providers/{_away}", javaScript: false);
        there = await TryByKeyboardAsync(page);
        await Assertions.Expect(there.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not answer");
        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "See what came of it" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("could not be reached");
        Assert.Empty(_problems);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task Administrator_SeesWhatWasProvisioned(ColorScheme scheme, int width)
    {
        using var scim = await topology.ScimAsync();
        await topology.ProvisionAsync(scim, _sub, Email);
        await using var administrator = new Administrator(topology);
        var variant = $"{scheme}-{(width > 500 ? "desk" : "phone")}";
        var page = await administrator.OpenAsync($"/identity-providers/{topology.ProviderId}/scim", scheme, size: (width, 844));
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Base URL");
        await LookAsync(page, $"provisioning-on-{variant}");
        foreach (var (path, row) in new[] { ("users", Email), ("groups", "eng"), ("updates", Email) })
        {
            await page.GotoAsync(administrator.Address($"/identity-providers/{topology.ProviderId}/scim/{path}"));
            await Assertions.Expect(page.Locator("tbody")).ToContainTextAsync(row);
            await LookAsync(page, $"provisioned-{path}-{variant}");
        }

        await page.GetByRole(AriaRole.Link, new() { Name = "Provisioned users" }).ClickAsync();
        await page.GetByLabel("Whole address").FillAsync(Email);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);

        // A new secret is asked about, and shown once.
        await page.GotoAsync(administrator.Address($"/identity-providers/{topology.ProviderId}/scim"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Make a new secret" }).ClickAsync();
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Make a new secret" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Take it now");
        await LookAsync(page, $"secret-provisioning-{variant}");
        Assert.Empty(_problems);
        Assert.Empty(administrator.Complaints);
    }

    // Every way that is on these pages, and the ways on from what went wrong.
    [Fact]
    public async Task TheWaysToSignIn_AndOnFromWhatWentWrong_WithTheKeyboardAlone_WithoutJavaScript()
    {
        await using var browser = new Administrator(topology);
        var page = await browser.VisitAsync(topology.Plain, ColorScheme.Light, (1280, 844), javaScript: false);
        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = $"Continue with {Away}" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not answer");
        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "Try again" }));

        await topology.Provider.ScriptAsync(_sub, new { department = "research" });
        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "Continue with Corporate" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("did not succeed");
        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "Try again" }));
        await Assertions.Expect(page.GetByLabel("E-mail address")).ToBeVisibleAsync();

        await topology.Provider.ScriptAsync(_sub, new { email = Email, email_verified = true, groups = new[] { "sales" } });
        await page.GotoAsync(new Uri(topology.Orders, "/orders").ToString());
        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "Continue with Corporate" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(Email);
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Sign in as somebody else" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Sign in");
        Assert.Empty(browser.Complaints);
    }

    private static async Task<IPage> TryByKeyboardAsync(IPage page)
    {
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Test the login" }));
        var link = page.GetByRole(AriaRole.Link, new() { Name = "Sign in there" });
        await page.ReachAsync(link);
        return await page.RunAndWaitForPopupAsync(() => page.Keyboard.PressAsync("Enter"));
    }

    private async Task LookAsync(IPage page, string name) => _problems.AddRange(await Administrator.LookAsync(page, name));
}
