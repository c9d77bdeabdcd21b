using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Keys;

/// <summary><c>/keys</c>: the keys that sign assertions.</summary>
public static class KeyPages
{
    private const string Page = "/keys";
    private const string Path = "access/keys";
    private const string Interval = "/key_rotation_interval_days";

    public static void MapKeys(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup(Page);
        group.MapGet("/", (AdminApi api, CancellationToken ct) => ShowAsync(api, null, StatusCodes.Status200OK, ct));
        group.MapPost("/", SaveAsync);
        group.MapGet("/rotate", (CancellationToken _) => Ask(new Draft()));
        group.MapPost("/rotate", async (HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct) =>
        {
            var call = ApiCall.Post(Path + "/rotate");
            var answer = await api.SendAsync(call, ct);
            return answer.Success ? flashes.Redirect(context, Page, "The next key signs from now on.", call) : Ask(new Draft { Errors = ObjectForm.Explain(answer) });
        });
    }

    private static async Task<IResult> ShowAsync(AdminApi api, Draft? draft, int status, CancellationToken ct)
    {
        var stored = await api.GetAsync(Path, ct);
        return stored.Success
            ? PageResult.Of<KeysPage>(new { Stored = stored.Object, Draft = draft ?? new Draft(stored.Object) }, status)
            : PageResult.Failed(stored, "key");
    }

    private static async Task<IResult> SaveAsync(HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var draft = new Draft();
        var text = context.Request.Form[Interval].ToString().Trim();
        draft.Set(Interval, int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var days) ? days : text);
        var call = ApiCall.Put(Path, (JsonObject)draft.Value.DeepClone());
        var answer = await api.SendAsync(call, ct);
        if (answer.Success)
        {
            return flashes.Redirect(context, Page, "Saved.", call);
        }

        draft.Errors = ObjectForm.Explain(answer);
        return await ShowAsync(api, draft, answer.Status, ct);
    }

    private static IResult Ask(Draft draft) => PageResult.Of<ConfirmPage>(new
    {
        Title = "Rotate the signing key now?",
        Button = "Rotate",
        Back = Page,
        Call = ApiCall.Post(Path + "/rotate"),
        Draft = draft,
        Harmless = true,
        Crumbs = (IReadOnlyList<(string, string)>)[(Page, "Keys")],
        Consequences = (IReadOnlyList<string>)
        [
            "The next key, which the key set has had for a while, signs assertions from now on, and a new next key is published.",
            "What the current key signed stays valid until it ends, and origins go on finding that key. Nobody is signed out.",
        ],
    });
}
