using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary>An application is removed once its consequences were confirmed.</summary>
internal static class ApplicationRemoval
{
    /// <summary>The question, with its consequences.</summary>
    public static async Task<IResult> AskAsync(Guid id, AdminApi api, Draft? draft, CancellationToken ct)
    {
        var answer = await api.GetAsync($"access/apps/{id}", ct);
        if (!answer.Success)
        {
            return PageResult.Failed(answer, "application");
        }

        var grants = await api.GetAsync($"access/grants?app_id={id}&status=active&per_page=1000", ct);
        var name = (string?)answer.Object["name"] ?? "";
        return PageResult.Of<ConfirmPage>(
            new
            {
                Title = $"Remove {name}?",
                Button = "Remove the application",
                Back = $"/applications/{id}",
                Call = ApiCall.Delete($"access/apps/{id}"),
                Draft = draft ?? new Draft(),
                Crumbs = (IReadOnlyList<(string, string)>)[("/applications", "Applications"), ($"/applications/{id}", name)],
                Consequences = (IReadOnlyList<string>)
                [
                    $"{answer.Object["domain"]} stops answering at once, and nothing is forwarded to its origin any more.",
                    GrantWords.Consequence(grants, "email", "user", "No grant is active: nobody loses access."),
                    "The history of the application and of its grants stays. If it comes back, clients have to be connected again.",
                ],
            },
            draft is null ? StatusCodes.Status200OK : StatusCodes.Status409Conflict);
    }

    /// <summary>The answer: yes.</summary>
    public static async Task<IResult> RemoveAsync(Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var before = await api.GetAsync($"access/apps/{id}", ct);
        var call = ApiCall.Delete($"access/apps/{id}");
        var answer = await api.SendAsync(call, ct);
        return answer.Success
            ? flashes.Redirect(context, "/applications", "The application was removed.", call, Undo.OfRemoval(ApplicationTabs.Kind, id.ToString(), before.Object))
            : await AskAsync(id, api, new Draft { Errors = ObjectForm.Explain(answer) }, ct);
    }
}
