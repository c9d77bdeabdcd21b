using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>The names of applications: of those that a page speaks of, and of those that can be chosen.</summary>
/// <param name="Choices">The first thousand, by name.</param>
/// <param name="IsShortened">There are more.</param>
/// <param name="Names">By id: of the choices, and of everything that was asked for.</param>
public sealed record ApplicationChoices(IReadOnlyList<(string Id, string Name)> Choices, bool IsShortened, IReadOnlyDictionary<string, string> Names)
{
    private const int Most = 1000;

    // A query string has an end: ids are asked for in parts.
    private const int AtOnce = 50;

    /// <summary>The choices of a filter, and the names of what a page shows besides.</summary>
    public static async Task<ApplicationChoices> LoadAsync(AdminApi api, IEnumerable<string?> shown, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(api);
        var first = await api.GetAsync($"access/apps?per_page={Most}", ct);
        var names = first.Items.ToDictionary(IdOf, NameOf, StringComparer.Ordinal);
        await AddAsync(names, api, shown, ct);
        return new ApplicationChoices([.. first.Items.Select(app => (IdOf(app), NameOf(app))).OrderBy(app => app.Item2, StringComparer.OrdinalIgnoreCase)], first.TotalCount > first.Items.Count, names);
    }

    /// <summary>The names of these alone; one that is removed, or may not be seen, has none.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> NamesAsync(AdminApi api, IEnumerable<string?> shown, CancellationToken ct)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        await AddAsync(names, api, shown, ct);
        return names;
    }

    private static async Task AddAsync(Dictionary<string, string> names, AdminApi api, IEnumerable<string?> shown, CancellationToken ct)
    {
        foreach (var ids in shown.OfType<string>().Where(id => id.Length > 0 && !names.ContainsKey(id)).Distinct(StringComparer.Ordinal).Chunk(AtOnce))
        {
            foreach (var app in (await api.GetAsync($"access/apps?per_page={AtOnce}&ids={Uri.EscapeDataString(string.Join(',', ids))}", ct)).Items)
            {
                names[IdOf(app)] = NameOf(app);
            }
        }
    }

    private static string IdOf(JsonObject app) => (string?)app["id"] ?? "";

    private static string NameOf(JsonObject app) => (string?)app["name"] ?? "";
}
