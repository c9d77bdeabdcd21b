using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Settings;

/// <summary><c>/settings</c>: what holds for the whole organization.</summary>
public static class SettingsPages
{
    private const string Path = "access/organizations";

    public static void MapSettings(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        pages.MapGet("/settings", async (AdminApi api, CancellationToken ct) =>
        {
            var stored = await api.GetAsync(Path, ct);
            return stored.Success || stored.Status == StatusCodes.Status404NotFound ? Page(new Draft(stored.Success ? stored.Object : null), stored, null, StatusCodes.Status200OK) : PageResult.Failed(stored, "organization");
        });
        pages.MapPost("/settings", SaveAsync);
    }

    private static async Task<IResult> SaveAsync(HttpContext context, AdminApi api, CancellationToken ct)
    {
        var form = context.Request.Form;
        var stored = await api.GetAsync(Path, ct);
        var draft = new Draft(stored.Success ? stored.Object : null);
        foreach (var member in new[] { "/name", "/auth_domain", "/session_duration", "/revocation_staleness_limit", "/assertion_algorithm" })
        {
            draft.TakeText(form, member, optional: !stored.Success);
        }

        draft.TakeFlag(form, "/serve_stale_revocations");
        var call = stored.Success ? ObjectForm.Change(Path, stored.Object, draft, form[ObjectForm.ETagField]) : ApiCall.Post(Path, (JsonObject)draft.Value.DeepClone());
        return await ObjectForm.AnswerAsync(context, call, draft, _ => ("/settings", "Saved. Every service has it within a second."), (preview, status) => Task.FromResult(Page(draft, stored, preview, status)));
    }

    private static IResult Page(Draft draft, ApiAnswer stored, Preview? preview, int status) => PageResult.Of<SettingsPage>(new { Draft = draft, IsNew = !stored.Success, ETag = stored.ETag ?? "", Preview = preview }, status);
}
