using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages;

/// <summary>An object that can be removed.</summary>
/// <param name="Noun">What it is, in a sentence.</param>
/// <param name="Path">Its address in the admin API.</param>
/// <param name="List">The page with all of them.</param>
/// <param name="ListTitle">That page's title.</param>
/// <param name="Back">Where Cancel leads.</param>
/// <param name="Kind">The kind of object.</param>
/// <param name="Id">The id that its versions have; empty = as the object says.</param>
public sealed record Removable(string Noun, string Path, string List, string ListTitle, string Back, PageKind Kind, string Id = "")
{
    public required IReadOnlyList<string> Consequences { get; init; }

    /// <summary>Further consequences in numbers, of the object and of what a dry run says.</summary>
    public Func<JsonObject, Preview?, CancellationToken, Task<IReadOnlyList<string>>> Figures { get; init; } = (_, _, _) => Task.FromResult<IReadOnlyList<string>>([]);
}

/// <summary>Asks before an object is removed, and removes it.</summary>
public static class Removal
{
    public static async Task<IResult> AskAsync(AdminApi api, Removable target, Draft? refused, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(api);
        ArgumentNullException.ThrowIfNull(target);
        var answer = await api.GetAsync(target.Path, ct);
        if (!answer.Success)
        {
            return PageResult.Failed(answer, target.Noun);
        }

        // What would be refused is said at once, and not after the button was pressed.
        var (preview, tried) = await Preview.TryAsync(api, ApiCall.Delete(target.Path), ct);
        var figures = await target.Figures(answer.Object, preview, ct);
        var draft = refused ?? new Draft { Errors = preview is null && tried.Status == StatusCodes.Status409Conflict ? ObjectForm.Explain(tried) : [] };
        return PageResult.Of<ConfirmPage>(
            new
            {
                Title = $"Remove {answer.Object["name"]}?",
                Button = $"Remove the {target.Noun}",
                target.Back,
                Call = ApiCall.Delete(target.Path),
                Draft = draft,
                Crumbs = (IReadOnlyList<(string, string)>)[(target.List, target.ListTitle)],
                Consequences = (IReadOnlyList<string>)[.. figures, .. preview is { LiveGrants: not null, Consequence.Length: > 0 } ? [preview.Consequence] : Array.Empty<string>(), .. target.Consequences],
            },
            refused is null ? StatusCodes.Status200OK : StatusCodes.Status409Conflict);
    }

    public static async Task<IResult> DoAsync(HttpContext context, AdminApi api, Removable target, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(api);
        ArgumentNullException.ThrowIfNull(target);
        var before = await api.GetAsync(target.Path, ct);
        var call = ApiCall.Delete(target.Path);
        var answer = await api.SendAsync(call, ct);
        return answer.Success
            ? context.RequestServices.GetRequiredService<Flashes>().Redirect(
                context, target.List, $"The {target.Noun} was removed.", call, Undo.OfRemoval(target.Kind, target.Id.Length > 0 ? target.Id : PageKind.IdOf(before.Object) ?? "", before.Object))
            : await AskAsync(api, target, new Draft { Errors = ObjectForm.Explain(answer) }, ct);
    }
}
