using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>The login at the sample that has one of its own, in a browser.</summary>
public static class NotesLogin
{
    /// <summary>The user's own account, from the page where they connect servers.</summary>
    public static async Task ConnectAsync(IPage page, string address, string account)
    {
        await page.GotoAsync(address);
        await Row(page).GetByRole(AriaRole.Button).ClickAsync();
        await LogInAsync(page, account);
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync($"{PortalTopology.Server} is connected.");
    }

    /// <summary>As before, for the other tests.</summary>
    public static async Task ForgetAsync(PortalTopology topology, IPage page)
    {
        await page.GotoAsync(topology.Portal + "/authorize");
        await Row(page).GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(Row(page)).ToContainTextAsync("Not connected");
    }

    /// <summary>The sample's own form.</summary>
    public static async Task LogInAsync(IPage page, string account)
    {
        await page.FillAsync("input[name=user]", account);
        await page.GetByRole(AriaRole.Button).ClickAsync();
    }

    /// <summary>The server on the page where users connect servers.</summary>
    public static ILocator Row(IPage page) => page.Locator("li", new() { HasText = PortalTopology.Server });
}
