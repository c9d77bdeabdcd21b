using ManagedOAuth.EndToEnd.Tests.Topology;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>Every page in light and dark, on a desk and on a phone: usable by everybody, nothing cut off, a picture kept.</summary>
[Collection(TopologyCollection.Name)]
public sealed class AppearanceTests(LocalTopology topology)
{
    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task EveryPage_HasNoSeriousViolation_AndFitsItsWindow(ColorScheme scheme, int width)
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/?live=false", scheme, size: (width, 844));
        var problems = new List<string>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in await DashboardPaths.AllAsync(topology))
        {
            await page.GotoAsync(administrator.Address(path));
            var name = NameOf(path);
            Assert.True(names.Add(name), $"the picture of {path} would replace the one of another page");
            problems.AddRange(await Administrator.LookAsync(page, $"{name}-{scheme}-{(width > 500 ? "desk" : "phone")}"));
        }

        Assert.Empty(problems);
        Assert.Empty(administrator.Complaints);
    }

    // The same from run to run: /groups/{id}/history/1?a=b -> groups-one-history-1-a-b
    internal static string NameOf(string path)
    {
        var words = path.Split(['/', '?', '&', '='], StringSplitOptions.RemoveEmptyEntries)
            .Select(part => Guid.TryParse(part, out _) ? "one" : string.Concat(part.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')));
        return string.Join('-', words) is { Length: > 0 } name ? name : "overview";
    }
}
