using System.Text.Json.Nodes;
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
            await topology.Admin.PutAsync("organizations", new JsonObject
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
            await page.WaitForURLAsync(url => url.StartsWith(topology.Plain.ToString(), StringComparison.Ordinal));

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
                await topology.Admin.PutAsync("organizations", new JsonObject { ["login_design"] = null });
            }
        }
    }

    private async Task LookAsync(IPage page, string name, string variant)
    {
        _problems.AddRange((await Administrator.ViolationsAsync(page)).Select(violation => $"{name}: {violation}"));
        if (await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"))
        {
            _problems.Add($"{name} is wider than its window");
        }

        await page.ScreenshotAsync(new() { Path = Path.Combine(Administrator.Pictures, $"{name}-{variant}.png"), FullPage = true });
    }
}
