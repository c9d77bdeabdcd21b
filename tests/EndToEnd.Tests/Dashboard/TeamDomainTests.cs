using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>The pages that everybody sees: usable by everybody, nothing cut off, in our look and in the organization's.</summary>
[Collection(TopologyCollection.Name)]
public sealed class TeamDomainTests(LocalTopology topology)
{
    private readonly List<string> _problems = [];

    [Theory]
    [InlineData(ColorScheme.Light, 1280, false)]
    [InlineData(ColorScheme.Dark, 390, false)]
    [InlineData(ColorScheme.Dark, 1280, true)]
    [InlineData(ColorScheme.Light, 390, true)]
    public async Task EveryPage_HasNoSeriousViolation_AndFitsItsWindow(ColorScheme scheme, int width, bool ownLook)
    {
        const string Email = "admin@example.com";
        if (ownLook)
        {
            await topology.Admin.PutAsync("organizations?wait=applied&timeout=30s", new JsonObject
            {
                ["login_design"] = new JsonObject { ["background_color"] = "#123a5c", ["text_color"] = "#1f4e79", ["header_text"] = "Welcome to Example", ["footer_text"] = "Trouble? it@example.com" },
            });
        }

        try
        {
            await using var administrator = new Administrator(topology);
            var variant = $"{scheme}-{(width > 500 ? "desk" : "phone")}{(ownLook ? "-own" : "")}";
            var known = await topology.Mailbox.PinsAsync(Email);
            var page = await administrator.VisitAsync(topology.Plain, scheme, (width, 844));
            if (ownLook)
            {
                await Assertions.Expect(page.Locator("body > header")).ToContainTextAsync("Welcome to Example");
            }

            await LookAsync(page, "team-sign-in", variant);
            await page.FillAsync("input[name=email]", Email);
            await page.Locator("form:has(input[name=email]) button[type=submit]").First.ClickAsync();
            await page.Locator("input[name=pin]").WaitForAsync();
            await LookAsync(page, "team-code", variant);
            await page.FillAsync("input[name=pin]", "000000");
            await page.Locator("form:has(input[name=pin]) button[type=submit]").First.ClickAsync();
            await page.GetByRole(AriaRole.Alert).WaitForAsync();
            await LookAsync(page, "team-code-wrong", variant);
            await page.FillAsync("input[name=pin]", await topology.Mailbox.NewPinAsync(Email, known));
            await page.Locator("form:has(input[name=pin]) button[type=submit]").First.ClickAsync();
            await Assertions.Expect(page).ToHaveURLAsync(new Regex("^" + Regex.Escape(topology.Plain.ToString())));

            using var client = new OAuthClient(new Uri(topology.Orders, "/orders"), "A client <with> a name");
            await client.DiscoverAsync();
            await client.RegisterAsync();
            await page.GotoAsync(client.AuthorizationUrl("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "state").ToString());
            await page.GetByRole(AriaRole.Button, new() { Name = "Allow", Exact = true }).WaitForAsync();
            await LookAsync(page, "team-consent", variant);
            foreach (var (path, name) in new[] { ("/cdn-cgi/access/my-access", "team-my-access"), ("/cdn-cgi/access/logout", "team-logout"), ("/cdn-cgi/access/no-such-page", "team-error") })
            {
                await page.GotoAsync(new Uri(topology.Team, path).ToString());
                await LookAsync(page, name, variant);
            }

            Assert.Empty(_problems);
            Assert.Empty(administrator.Complaints);
        }
        finally
        {
            if (ownLook)
            {
                await topology.Admin.PutAsync("organizations?wait=applied&timeout=30s", new JsonObject { ["login_design"] = null });
            }
        }
    }

    [Fact]
    public async Task ASignIn_AConsent_AndTheOwnAccess_WithTheKeyboardAlone_WithoutJavaScript()
    {
        const string Email = "keyboard@example.com";
        await using var administrator = new Administrator(topology);
        var known = await topology.Mailbox.PinsAsync(Email);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"), "Keyboard client");
        await client.DiscoverAsync();
        await client.RegisterAsync();
        var page = await administrator.VisitAsync(client.AuthorizationUrl("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "state"), ColorScheme.Light, (1280, 844), javaScript: false);
        await page.TypeIntoAsync(page.GetByLabel("E-mail address"), Email);
        await page.Keyboard.PressAsync("Enter");

        // Each page begins where something is to be typed, and so does the one that says what was wrong.
        var code = page.GetByLabel("Code from the e-mail");
        await Assertions.Expect(code).ToBeFocusedAsync();
        await page.TypeIntoAsync(code, "000000");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("That is not the code");
        await Assertions.Expect(code).ToBeFocusedAsync();
        await Assertions.Expect(code).ToHaveAttributeAsync("aria-invalid", "true");
        await Assertions.Expect(code).ToHaveAccessibleDescriptionAsync(new Regex("That is not the code"));
        await page.TypeIntoAsync(code, await topology.Mailbox.NewPinAsync(Email, known));
        await page.Keyboard.PressAsync("Enter");

        // What was allowed before can be looked at before anything is allowed.
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "What has access in your name" })).ToHaveAttributeAsync("href", new Uri(topology.Team, "/cdn-cgi/access/my-access").ToString());

        // Nobody listens where the answer goes: that it is sent there is enough.
        var answer = await page.RunAndWaitForRequestAsync(
            () => page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Do not allow" })),
            request => request.Url.StartsWith(client.RedirectUri.ToString(), StringComparison.Ordinal));
        Assert.Contains("error=access_denied", answer.Url, StringComparison.Ordinal);

        // A browser session of their own, ended on their own page; in another window, as the first one stays where nobody listens.
        page = await page.Context.NewPageAsync();
        await page.GotoAsync(topology.Plain.ToString());
        await page.GotoAsync(new Uri(topology.Team, "/cdn-cgi/access/my-access").ToString());
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "End the access of Browser" }).First);
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("No client and no browser has access");
        await page.ScreenshotAsync(new() { Path = Path.Combine(Administrator.Pictures, "team-my-access-nothing-Light-desk.png"), FullPage = true });
        await page.GotoAsync(new Uri(topology.Team, "/cdn-cgi/access/logout").ToString());
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }));
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("You are signed out");
        await page.GotoAsync(new Uri(topology.Team, "/cdn-cgi/access/my-access").ToString());
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("You are not signed in here");
        var answer404 = await page.GotoAsync(new Uri(topology.Team, "/cdn-cgi/access/no-such-page").ToString());
        Assert.Equal(404, answer404!.Status);
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        Assert.Empty(administrator.Complaints);
    }

    private async Task LookAsync(IPage page, string name, string variant) => _problems.AddRange(await Administrator.LookAsync(page, $"{name}-{variant}"));
}
