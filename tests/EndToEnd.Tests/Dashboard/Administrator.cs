using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;
using Cookie = Microsoft.Playwright.Cookie;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>Chromium with an administrator who signed in through the dashboard's own application.</summary>
public sealed class Administrator(LocalTopology topology) : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> s_axe = new(() => File.ReadAllTextAsync(RepositoryRoot.Of("tests/EndToEnd.Tests/node/node_modules/axe-core/axe.min.js")));

    private readonly ConcurrentDictionary<IBrowserContext, bool> _windows = [];
    private IReadOnlyList<Cookie>? _session;

    /// <summary>Where pictures of the pages are kept for people to look at.</summary>
    public static string Pictures { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;

    /// <summary>What the pages complained about: scripts that failed, loads that the policy forbade, dialogs.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>A new page of somebody signed in.</summary>
    public async Task<IPage> OpenAsync(string path = "/", ColorScheme scheme = ColorScheme.Light, bool javaScript = true, (int Width, int Height)? size = null)
    {
        await SignInAsync();
        var (width, height) = size ?? (1280, 800);
        var page = await NewPageAsync(new()
        {
            ColorScheme = scheme,
            JavaScriptEnabled = javaScript,
            ViewportSize = new ViewportSize { Width = width, Height = height },
        });
        await page.Context.AddCookiesAsync(_session!);
        await GoAsync(page, Address(path));
        return page;
    }

    /// <summary>Somebody comes without a session and gives their address; gives the page that asks for the code.</summary>
    public async Task<IPage> AskAsync(string email)
    {
        var page = await NewPageAsync(new());
        await GoAsync(page, Address("/"));
        await page.FillAsync("input[name=email]", email);
        await page.Locator("form:has(input[name=email]) button[type=submit]").First.ClickAsync();
        await page.Locator("input[name=pin]").WaitForAsync();
        return page;
    }

    /// <summary>Somebody without any session opens an address.</summary>
    public async Task<IPage> VisitAsync(Uri address, ColorScheme scheme, (int Width, int Height) size, bool javaScript = true)
    {
        ArgumentNullException.ThrowIfNull(address);
        var page = await NewPageAsync(new() { ColorScheme = scheme, JavaScriptEnabled = javaScript, ViewportSize = new ViewportSize { Width = size.Width, Height = size.Height } });
        await GoAsync(page, address.ToString());
        return page;
    }

    public string Address(string path) => new Uri(topology.Dashboard, path).ToString();

    /// <summary>The serious and critical violations that axe-core finds on a page (WCAG 2.2 A and AA, and good practice).</summary>
    public static async Task<IReadOnlyList<string>> ViolationsAsync(IPage page)
    {
        ArgumentNullException.ThrowIfNull(page);
        await page.EvaluateAsync(await s_axe.Value);
        var found = await page.EvaluateAsync<JsonElement>("() => axe.run(document, { resultTypes: ['violations'] }).then(result => result.violations.filter(violation => ['serious', 'critical'].includes(violation.impact)).map(violation => violation.id + ': ' + violation.nodes.map(node => node.target + ' ' + node.failureSummary).join(' | ')))");
        return [.. found.EnumerateArray().Select(entry => entry.GetString()!)];
    }

    /// <summary>Looks at a page as a designer would: keeps its picture, and tells its violations and whether it, or a table at a desk, is wider than its window.</summary>
    public static async Task<IReadOnlyList<string>> LookAsync(IPage page, string name)
    {
        var problems = (await ViolationsAsync(page)).Select(violation => $"{name}: {violation}").ToList();
        if (await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"))
        {
            problems.Add($"{name} is wider than its window");
        }

        if (await page.EvaluateAsync<bool>("() => innerWidth >= 1280 && [...document.querySelectorAll('.table')].some(table => table.scrollWidth > table.clientWidth)"))
        {
            problems.Add($"{name} has a table of which not all is seen");
        }

        await page.ScreenshotAsync(new() { Path = Path.Combine(Pictures, name + ".png"), FullPage = true });
        return problems;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var window in _windows.Keys)
        {
            await window.CloseAsync();
        }
    }

    // A page that something was too slow for is loaded again, as it asks for.
    private static Task GoAsync(IPage page, string address)
        => Eventually.Async(async () => (await page.GotoAsync(address))?.Status != (int)HttpStatusCode.ServiceUnavailable, what: $"{address} answers", pause: TimeSpan.FromSeconds(1));

    // By the forms alone, without a browser that renders them: what one does with them, TeamDomainTests and BrowserTests prove.
    private async Task SignInAsync()
    {
        if (_session is null)
        {
            using var browser = new ScriptedBrowser("admin@example.com", topology.Mailbox);
            using var overview = await browser.OpenAsync(topology.Dashboard);
            Assert.Equal(HttpStatusCode.OK, overview.StatusCode);
            _session = [.. browser.Cookies.Select(cookie => new Cookie { Name = cookie.Name, Value = cookie.Value, Domain = cookie.Domain, Path = cookie.Path, HttpOnly = cookie.HttpOnly })];
        }
    }

    private async Task<IPage> NewPageAsync(BrowserNewContextOptions options)
    {
        var window = await Chromium.WindowAsync(topology, options);
        _windows[window] = true;
        window.Close += (_, closed) => _windows.TryRemove(closed, out var _);
        var page = await window.NewPageAsync();
        Watch(page);
        return page;
    }

    private void Watch(IPage page)
    {
        page.PageError += (_, error) => Complaints.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && message.Text.Contains("Content Security Policy", StringComparison.Ordinal))
            {
                Complaints.Add(message.Text);
            }
        };
        page.Dialog += async (_, dialog) =>
        {
            Complaints.Add("dialog: " + dialog.Message);
            await dialog.DismissAsync();
        };
    }
}
