using System.Text.RegularExpressions;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>Every page that is more than a form, by the Tab key from its top to its end; and the same page without scripts. Forms: <see cref="FormTests"/>.</summary>
[Collection(TopologyCollection.Name)]
public sealed partial class KeyboardTests(LocalTopology topology)
{
    [Fact]
    public async Task EveryPage_IsWalkedWithTab_OpensByEnter_AndIsTheSameWithoutScripts()
    {
        using var user = new ScriptedBrowser("walked@example.com", topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"), "Walked client");
        await client.LoginAsync(user);
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/no-such-page");
        await page.Context.AddInitScriptAsync(Keyboard.Watching);
        var plain = await administrator.OpenAsync("/no-such-page", javaScript: false);
        // One of each, and none that is a form.
        var known = FormCase.All.Select(form => form.Path).Concat(FormTests.Questions.Select(question => question.Path)).Select(Shape).ToHashSet(StringComparer.Ordinal);
        var (problems, opened) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var path in (await DashboardPaths.AllAsync(topology)).Append($"/clients/{client.ClientId}").Append($"/clients/{client.ClientId}/revoke").Where(path => known.Add(Shape(path))))
        {
            try
            {
                await LookAsync(administrator, page, plain, path, opened, problems);
            }
            catch (Exception failed) when (failed is PlaywrightException or TimeoutException)
            {
                problems.Add($"{path}: {failed.Message}");
            }
        }

        Assert.True(problems.Count == 0, string.Join("\n\n", problems));
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task TheNavigation_IsWalked_AlsoOnAPhone()
    {
        await using var administrator = new Administrator(topology);
        foreach (var width in (int[])[1280, 390])
        {
            var page = await administrator.OpenAsync("/no-such-page", size: (width, 844));
            await page.Context.AddInitScriptAsync(Keyboard.Watching);
            await page.GotoAsync(administrator.Address("/applications"));

            // The way past it comes first.
            await page.Keyboard.PressAsync("Tab");
            await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeFocusedAsync();
            if (width < 500)
            {
                await page.ReachAsync(page.GetByLabel("Show the navigation"));
                await page.Keyboard.PressAsync("Space");
            }

            Assert.Empty(await page.WalkAsync("body"));
            await page.GotoAsync(administrator.Address("/applications"));
            if (width < 500)
            {
                await page.ReachAsync(page.GetByLabel("Show the navigation"));
                await page.Keyboard.PressAsync("Space");
            }

            await page.EnterAsync(page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = "Settings" }));
            await Assertions.Expect(page).ToHaveURLAsync(administrator.Address("/settings"));
        }
    }

    private static async Task LookAsync(Administrator administrator, IPage page, IPage plain, string path, HashSet<string> opened, List<string> problems)
    {
        await page.GotoAsync(administrator.Address(path));
        await plain.GotoAsync(administrator.Address(path));
        for (var look = 1; (await ContentAsync(page), await ContentAsync(plain)) is var (with, without) && with != without; look++)
        {
            if (look == 4)
            {
                problems.Add($"{path} has without scripts:\n{without}\nand with them:\n{with}");
                break;
            }

            // Something may have happened between the two.
            await page.ReloadAsync();
            await plain.ReloadAsync();
        }

        problems.AddRange((await page.WalkAsync()).Select(problem => $"{path}: {problem}"));
        if (await page.FocusOwnLinkAsync() is { Length: > 0 } target && opened.Add(Shape(new Uri(target).AbsolutePath)))
        {
            // Asked for again and again: who waits for a navigation misses one that is over before they listen.
            await page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(page).ToHaveURLAsync(target);
            if (await page.GetByRole(AriaRole.Heading, new() { Level = 1 }).InnerTextAsync() is "Not found" or "Not permitted" or "")
            {
                problems.Add($"{path} leads to {target}, which is not there.");
            }
        }
    }

    // What can be read and what can be done: not when, as time goes on between two looks.
    private static Task<string> ContentAsync(IPage page) => page.EvaluateAsync<string>("""
        () => {
          const seen = selector => [...document.querySelectorAll(selector)].filter(element => element.checkVisibility({ visibilityProperty: true }));
          const text = element => { const copy = element.cloneNode(true); copy.querySelectorAll('time').forEach(time => time.remove()); return copy.textContent.replace(/\s+/g, ' ').trim(); };
          return [
            ...seen('h1, main h2').map(text),
            ...seen('main tbody tr').map(text),
            ...seen('main :is(a[href], button, input, select, textarea, summary)').filter(control => !control.matches('[data-copy]')).map(control => [control.tagName, control.name ?? '', control.getAttribute('href') ?? ''].join(' ')),
          ].join('\n');
        }
        """);

    // /groups/{group}/history/1?a=b and /groups/0197.../history/1 are one page.
    private static string Shape(string path) => Id().Replace(path.Split('?')[0], "*");

    [GeneratedRegex(@"\{[a-z]+\}|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}")]
    private static partial Regex Id();
}
