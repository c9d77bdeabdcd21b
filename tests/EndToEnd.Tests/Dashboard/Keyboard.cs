using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>Somebody without a mouse: Tab, Enter, and what is typed; wherever they stop, they have to see where they are.</summary>
public static class Keyboard
{
    private const int MostStops = 250;

    /// <summary>Goes on with Tab until a control has the focus; each stop on the way has to be visible.</summary>
    public static async Task ReachAsync(this IPage page, ILocator control)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(control);
        await control.WaitForAsync();
        var target = await control.ElementHandleAsync();
        for (var stop = 0; stop < MostStops; stop++)
        {
            var (there, unseen) = await page.FocusAsync(target);

            // Where somebody begins they have not come to with the keyboard.
            Assert.True(stop == 0 || unseen.Length == 0, unseen);
            if (there)
            {
                return;
            }

            await page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"{control} cannot be reached with the Tab key at {page.Url}.");
    }

    /// <summary>Reaches a field, and types over what stands in it.</summary>
    public static async Task TypeIntoAsync(this IPage page, ILocator field, string text)
    {
        await page.ReachAsync(field);
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.PressAsync("Delete");
        await page.Keyboard.InsertTextAsync(text);
        await Assertions.Expect(field).ToHaveValueAsync(text);
    }

    /// <summary>Reaches a button or a link, and presses Enter.</summary>
    public static async Task EnterAsync(this IPage page, ILocator control)
    {
        await page.ReachAsync(control);
        await page.Keyboard.PressAsync("Enter");
    }

    /// <summary>Runs in each document from its beginning: notes where each Tab stops, and what is wrong there.</summary>
    public const string Watching = """
        window.walk = { stops: [], problems: [] };
        addEventListener('keyup', event => {
          const at = document.activeElement;
          if (event.key !== 'Tab' || !at || at === document.body || at === document.documentElement) return;
          const shown = at.outerHTML.slice(0, 200), style = getComputedStyle(at.matches('.menu-toggle') ? document.querySelector('.menu') : at);
          walk.stops.push(at);
          if (style.outlineStyle === 'none' || !(parseFloat(style.outlineWidth) > 0)) walk.problems.push('the focus is not seen at ' + shown);
          if (at.matches('.menu-toggle')) return;
          const box = [...at.getClientRects()].find(each => each.width > 0 && each.height > 0);
          const [left, right, top, bottom] = box ? [Math.max(0, box.left), Math.min(innerWidth, box.right), Math.max(0, box.top), Math.min(innerHeight, box.bottom)] : [0, 0, 0, 0];
          if (left >= right || top >= bottom || box.left < 0 || box.right > innerWidth) { walk.problems.push('the focus is outside of the window at ' + shown); return; }
          const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
          if (!hit || !(at.contains(hit) || hit.contains(at))) walk.problems.push('the focus is hidden behind ' + hit?.outerHTML.slice(0, 80) + ' at ' + shown);
        }, true);
        """;

    // Everything that Tab has to stop at, in a part of the page: of radio buttons, one of each group.
    private const string Stops = """
        selector => {
          const all = [...document.querySelectorAll(selector.split(',').map(part => part + ' :is(a[href], button, input, select, textarea, summary, [tabindex])').join())]
            .filter(element => element.tabIndex >= 0 && !element.disabled && element.type !== 'hidden' && element.checkVisibility({ visibilityProperty: true }));
          const group = radio => all.filter(other => other.type === 'radio' && other.name === radio.name && other.form === radio.form);
          return all.filter(element => element.type !== 'radio' || element === (group(element).find(other => other.checked) ?? group(element)[0]));
        }
        """;

    /// <summary>
    /// Goes from stop to stop with Tab through a part of the page until its end, which has to be reached: every control is a stop that is seen, in the
    /// window and not hidden behind something. The page has to have begun with <see cref="Watching"/>.
    /// </summary>
    /// <param name="page">The page.</param>
    /// <param name="part">Selector of the part: the main part is entered by the link that skips the navigation.</param>
    /// <returns>What is wrong.</returns>
    public static async Task<IReadOnlyList<string>> WalkAsync(this IPage page, string part = "main")
    {
        ArgumentNullException.ThrowIfNull(page);
        if (part == "main")
        {
            // A page that begins in a field is left for its top.
            if (await page.EvaluateAsync<bool>("() => document.activeElement !== document.body"))
            {
                await page.EvaluateAsync("() => document.querySelector('.skip').focus()");
            }
            else
            {
                await page.Keyboard.PressAsync("Tab");
            }

            if (!await page.EvaluateAsync<bool>("() => document.activeElement.matches('.skip')"))
            {
                return ["the first stop does not skip the navigation"];
            }

            await page.Keyboard.PressAsync("Enter");
        }

        // The parts of a time are stops of one field.
        var stops = await page.EvaluateAsync<int>($"part => {{ const stops = ({Stops})(part); return stops.length + 6 * stops.filter(stop => stop.type === 'datetime-local').length; }}", part);
        for (var stop = 0; stop < stops; stop++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        // The whole page has no way out but to its beginning.
        for (var more = 0; part != "body" && await page.EvaluateAsync<bool>("part => document.activeElement !== document.body && !!document.activeElement.closest(part)", part); more++)
        {
            if (more == 25)
            {
                return [$"Tab does not lead out: {await page.EvaluateAsync<string>("() => document.activeElement.outerHTML.slice(0, 200)")}"];
            }

            await page.Keyboard.PressAsync("Tab");
        }

        return await page.EvaluateAsync<string[]>($"part => [...new Set([...walk.problems, ...({Stops})(part).filter(stop => !walk.stops.includes(stop)).map(stop => 'Tab never stops at ' + stop.outerHTML.slice(0, 200))])]", part);
    }

    /// <summary>Gives the focus to what the page is there to open: the first row's link, or what begins something new. The address where it leads; empty where there is none.</summary>
    public static Task<string> FocusOwnLinkAsync(this IPage page)
    {
        ArgumentNullException.ThrowIfNull(page);
        return page.EvaluateAsync<string>("""
            () => {
              const link = ['main tbody a[href]', 'main .rows a[href]', 'main .timeline a[href]', 'main .empty a[href]', 'main .head .actions a[href]'].map(selector => document.querySelector(selector)).find(found => found?.checkVisibility());
              link?.focus();
              return link?.href ?? '';
            }
            """);
    }

    // Whether the focus is there, and what has it without being told apart from what has not; empty where all is well. The document itself is where every page begins.
    private static async Task<(bool There, string Unseen)> FocusAsync(this IPage page, IElementHandle target)
    {
        var found = await page.EvaluateAsync<string[]>("""
            target => {
              const at = document.activeElement, there = at === target ? 'there' : '';
              if (!at || at === document.body || at === document.documentElement) return [there, ''];
              const style = getComputedStyle(at), box = at.getBoundingClientRect();
              const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
              return [there, seen && box.width > 0 && box.height > 0 ? '' : `the focus is not seen at ${at.outerHTML.slice(0, 200)}`];
            }
            """, target);
        return (found[0].Length > 0, found[1]);
    }
}
