using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>Somebody without a mouse: Tab, Enter, and what is typed; wherever they stop, they have to see where they are.</summary>
public static class Keyboard
{
    private const int MostStops = 150;

    /// <summary>Goes on with Tab until a control has the focus; each stop on the way has to be visible.</summary>
    public static async Task ReachAsync(this IPage page, ILocator control)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(control);
        await control.WaitForAsync();
        for (var stop = 0; stop < MostStops; stop++)
        {
            if (await control.EvaluateAsync<bool>("element => element === document.activeElement"))
            {
                return;
            }

            await page.Keyboard.PressAsync("Tab");
            Assert.Equal("", await page.InvisibleFocusAsync());
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
    }

    /// <summary>Reaches a button or a link, and presses Enter.</summary>
    public static async Task EnterAsync(this IPage page, ILocator control)
    {
        await page.ReachAsync(control);
        await page.Keyboard.PressAsync("Enter");
    }

    // What has the focus without being told apart from what has not; empty where all is well. The document itself is where every page begins.
    private static Task<string> InvisibleFocusAsync(this IPage page) => page.EvaluateAsync<string>("""
        () => {
          const at = document.activeElement;
          if (!at || at === document.body || at === document.documentElement) return '';
          const style = getComputedStyle(at), box = at.getBoundingClientRect();
          const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
          return seen && box.width > 0 && box.height > 0 ? '' : `the focus is not seen at ${at.outerHTML.slice(0, 200)}`;
        }
        """);
}
