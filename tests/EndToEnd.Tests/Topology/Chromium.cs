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

    /// <summary>The browser of this topology's tests, which run one after the other; a new one where the last has crashed.</summary>
    public static Task<IBrowser> OfAsync(LocalTopology topology)
    {
        ArgumentNullException.ThrowIfNull(topology);
        return ((Chromium)topology.Companions.GetOrAdd(typeof(Chromium), static _ => new Chromium())).BrowserAsync();
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
