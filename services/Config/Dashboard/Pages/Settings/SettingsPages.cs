using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;
using Microsoft.AspNetCore.Components;

namespace ManagedOAuth.Config.Dashboard.Pages.Settings;

/// <summary>The organization as the pages of its settings show it.</summary>
public sealed record SettingsModel
{
    public required Draft Draft { get; init; }

    /// <summary>It has not been set up yet.</summary>
    public bool IsNew { get; init; }

    public string ETag { get; init; } = "";

    public Preview? Preview { get; init; }

    public IReadOnlyList<JsonObject> CustomPages { get; init; } = [];

    public bool HasMoreCustomPages { get; init; }

    public IReadOnlyList<JsonObject> Groups { get; init; } = [];

    public bool HasMoreGroups { get; init; }

    /// <summary>Permissions by id, with their names.</summary>
    public IReadOnlyDictionary<string, string> Permissions { get; init; } = new Dictionary<string, string>();
}

/// <summary><c>/settings</c>: what holds for the whole organization.</summary>
public static class SettingsPages
{
    private const string Path = "access/organizations";

    public static void MapSettings(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        Map<SettingsPage>(pages, "/settings", SettingsForms.General);
        Map<SignInSettings>(pages, "/settings/sign-in", SettingsForms.SignIn);
        Map<PermissionSettings>(pages, "/settings/permissions", SettingsForms.Permissions);
    }

    private static void Map<TPage>(RouteGroupBuilder pages, string path, Func<Draft, IFormCollection, bool> take)
        where TPage : IComponent
    {
        pages.MapGet(path, async (AdminApi api, CancellationToken ct) =>
        {
            var stored = await api.GetAsync(Path, ct);
            return stored.Success || stored.Status == StatusCodes.Status404NotFound
                ? await PageAsync<TPage>(api, new Draft(stored.Success ? stored.Object : null), stored, null, StatusCodes.Status200OK, ct)
                : PageResult.Failed(stored, "organization");
        });
        pages.MapPost(path, async (HttpContext context, AdminApi api, CancellationToken ct) =>
        {
            var stored = await api.GetAsync(Path, ct);
            var draft = new Draft(stored.Success ? stored.Object : null);
            if (take(draft, context.Request.Form))
            {
                return await PageAsync<TPage>(api, draft, stored, null, StatusCodes.Status200OK, ct);
            }

            var call = stored.Success ? ObjectForm.Change(Path, stored.Object, draft, context.Request.Form[ObjectForm.ETagField]) : ApiCall.Post(Path, (JsonObject)draft.Value.DeepClone());
            return await ObjectForm.AnswerAsync(context, call, draft, _ => (path, "Saved. Every service has it within a second."), (preview, status) => PageAsync<TPage>(api, draft, stored, preview, status, ct), (answer, target) => TakesBack(path) ? Undo.OfChange(PageKind.Find("organization")!, "", stored.Object, answer, target) : null);
        });
    }

    // An old version never brings old permissions back.
    private static bool TakesBack(string path) => path != "/settings/permissions";

    private static async Task<IResult> PageAsync<TPage>(AdminApi api, Draft draft, ApiAnswer stored, Preview? preview, int status, CancellationToken ct)
        where TPage : IComponent
    {
        var customPages = await api.GetAsync("access/custom_pages?per_page=1000", ct);
        var groups = await api.GetAsync("access/groups?per_page=1000", ct);
        return PageResult.Of<TPage>(
            new
            {
                Model = new SettingsModel
                {
                    Draft = draft,
                    IsNew = !stored.Success,
                    ETag = stored.ETag ?? "",
                    Preview = preview,
                    CustomPages = customPages.Items,
                    HasMoreCustomPages = customPages.IsShortened,
                    Groups = groups.Items,
                    HasMoreGroups = groups.IsShortened,
                    Permissions = Api.ApiPermissions.All.ToDictionary(entry => entry.Id, entry => entry.Name, StringComparer.Ordinal),
                },
            },
            status);
    }
}
