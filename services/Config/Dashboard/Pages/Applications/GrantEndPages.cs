using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary><c>/applications/{id}/end-grants</c>: asks before every grant of an application is ended, and ends them.</summary>
public static class GrantEndPages
{
    public static void MapGrantEnds(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        pages.MapGet("/applications/{id:guid}/end-grants", (Guid id, AdminApi api, CancellationToken ct) => AskAsync(id, api, null, ct));
        pages.MapPost("/applications/{id:guid}/end-grants", async (Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct) =>
        {
            var answer = await api.SendAsync(Call(id), ct);
            return answer.Success
                ? flashes.Redirect(context, $"/applications/{id}", $"{Moments.Count((long?)answer.Object["ended"] ?? 0, "grant")} ended.", Call(id))
                : await AskAsync(id, api, answer, ct);
        });
    }

    private static ApiCall Call(Guid id) => ApiCall.Post($"access/apps/{id}/revoke_tokens");

    private static async Task<IResult> AskAsync(Guid id, AdminApi api, ApiAnswer? refused, CancellationToken ct)
    {
        var application = await api.GetAsync($"access/apps/{id}", ct);
        if (!application.Success)
        {
            return PageResult.Failed(application, "application");
        }

        var name = (string?)application.Object["name"] ?? "";
        var grants = await api.GetAsync($"access/grants?app_id={id}&status=active&per_page=1000", ct);
        return PageResult.Of<ConfirmPage>(
            new
            {
                Title = $"End all grants of {name}?",
                Button = "End them",
                Back = $"/applications/{id}",
                Call = Call(id),
                Draft = new Draft { Errors = refused is null ? [] : ObjectForm.Explain(refused) },
                Crumbs = (IReadOnlyList<(string, string)>)[("/applications", "Applications"), ($"/applications/{id}", name)],
                Consequences = (IReadOnlyList<string>)
                [
                    GrantWords.Consequence(grants, "email", "user", "No grant is active at the moment: what is opened until you confirm ends."),
                    "Clients have to be connected again, and browsers signed in again, by everybody whom the policies still admit.",
                ],
            },
            refused?.Status ?? StatusCodes.Status200OK);
    }
}
