using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages;

/// <summary>An object that can be removed.</summary>
/// <param name="Noun">What it is, in a sentence.</param>
/// <param name="Path">Its address in the admin API.</param>
/// <param name="List">The page with all of them.</param>
/// <param name="ListTitle">That page's title.</param>
/// <param name="Back">Where Cancel leads.</param>
public sealed record Removable(string Noun, string Path, string List, string ListTitle, string Back)
{
    public required IReadOnlyList<string> Consequences { get; init; }
}

/// <summary>Asks before an object is removed, and removes it.</summary>
public static class Removal
{
    public static async Task<IResult> AskAsync(AdminApi api, Removable target, Draft? refused, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(api);
        ArgumentNullException.ThrowIfNull(target);
        var answer = await api.GetAsync(target.Path, ct);
        return !answer.Success
            ? PageResult.Failed(answer, target.Noun)
            : PageResult.Of<ConfirmPage>(
                new
                {
                    Title = $"Remove {answer.Object["name"]}?",
                    Button = $"Remove the {target.Noun}",
                    target.Back,
                    Call = ApiCall.Delete(target.Path),
                    Draft = refused ?? new Draft(),
                    Crumbs = (IReadOnlyList<(string, string)>)[(target.List, target.ListTitle)],
                    target.Consequences,
                },
                refused is null ? StatusCodes.Status200OK : StatusCodes.Status409Conflict);
    }

    public static async Task<IResult> DoAsync(HttpContext context, AdminApi api, Removable target, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(api);
        ArgumentNullException.ThrowIfNull(target);
        var call = ApiCall.Delete(target.Path);
        var answer = await api.SendAsync(call, ct);
        return answer.Success
            ? context.RequestServices.GetRequiredService<Flashes>().Redirect(context, target.List, $"The {target.Noun} was removed.", call)
            : await AskAsync(api, target, new Draft { Errors = ObjectForm.Explain(answer) }, ct);
    }
}
