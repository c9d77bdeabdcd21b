using ManagedOAuth.Testing;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>What a page says that a change would end.</summary>
internal static class Forecast
{
    /// <summary>
    /// Waits until the page says this. Nobody is kept waiting for the service that counts: where it is too slow the page says that it does not know, and
    /// whoever wants to know loads it again.
    /// </summary>
    public static Task ForecastAsync(this IPage page, string text) => Eventually.Async(
        async () =>
        {
            var said = await page.Locator("main").InnerTextAsync();
            if (said.Contains("cannot be told", StringComparison.Ordinal) || said.Contains("is not known at the moment", StringComparison.Ordinal))
            {
                await page.ReloadAsync();
            }

            return said.Contains(text, StringComparison.Ordinal);
        },
        what: $"the page says: {text}",
        pause: TimeSpan.FromMilliseconds(100));
}
