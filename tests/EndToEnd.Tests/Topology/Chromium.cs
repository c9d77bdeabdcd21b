using ManagedOAuth.EndToEnd.Tests.Dashboard;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Topology;

/// <summary>
/// One Chromium for all tests of a topology, started when the first of them asks for it. Each test has windows of its own (a browser context), which
/// share neither cookies nor anything else with those of another.
/// </summary>
public sealed class Chromium : IAsyncDisposable
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>A window of the browser of this topology's tests, which run one after the other; of a new browser where the last has crashed.</summary>
    public static async Task<IBrowserContext> WindowAsync(LocalTopology topology, BrowserNewContextOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(topology);
        var browser = await ((Chromium)topology.Companions.GetOrAdd(typeof(Chromium), static _ => new Chromium())).BrowserAsync();
        var window = await browser.NewContextAsync(options);
        window.SetDefaultTimeout(PlaywrightPatience.Milliseconds);
        return window;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    private async Task<IBrowser> BrowserAsync()
    {
        _playwright ??= await Playwright.CreateAsync();
        if (_browser is not { IsConnected: true })
        {
            _browser = await _playwright.Chromium.LaunchAsync(new()
            {
                ExecutablePath = "/usr/bin/chromium",
                Headless = true,
                Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
            });
        }

        return _browser;
    }
}
