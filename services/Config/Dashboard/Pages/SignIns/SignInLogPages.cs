using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.SignIns;

/// <summary>What is looked for in the authentication log. Times are UTC, as a browser's field gives them.</summary>
/// <param name="Email">An address or a part of one.</param>
/// <param name="Application">The id of an application.</param>
/// <param name="Allowed"><c>true</c>, <c>false</c>, or empty for both.</param>
/// <param name="Since">From this time on.</param>
/// <param name="Until">Up to this time.</param>
/// <param name="Reference">The id that a page showed.</param>
public sealed record SignInFilter(string Email, string Application, string Allowed, string Since, string Until, string Reference)
{
    public bool IsEmpty => (Email + Application + Allowed + Since + Until + Reference).Length == 0;

    /// <summary>As a query of the API, which is that of the page as well; empty or beginning with <c>?</c>.</summary>
    public string Query => QueryString.Create(new Dictionary<string, string?>
    {
        ["email"] = Email, ["app_uid"] = Application, ["allowed"] = Allowed, ["since"] = Since, ["until"] = Until, ["ray_id"] = Reference,
    }.Where(member => member.Value!.Length > 0)).Value ?? "";

    /// <summary>The query with more behind it.</summary>
    public string With(string more) => $"{Query}{(Query.Length == 0 ? "?" : "&")}{more}";

    public static SignInFilter From(IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(query);
        string Text(string name) => Posted.Text(query[name]);
        return new SignInFilter(Text("email"), Text("app_uid"), Text("allowed"), Text("since"), Text("until"), Text("ray_id"));
    }
}

/// <summary>One page of the authentication log.</summary>
/// <param name="View">Newest first.</param>
/// <param name="Filter">What was looked for.</param>
/// <param name="Applications">Names by id; empty where applications may not be seen.</param>
/// <param name="IsLive">Reads itself again every few seconds, where scripts run.</param>
/// <param name="Draft">Holds what is wrong with the filter.</param>
public sealed record SignInLogModel(ListView View, SignInFilter Filter, ApplicationChoices Applications, bool IsLive, Draft Draft);

/// <summary><c>/sign-ins</c>: who signed in to which application, who was refused, and by what.</summary>
public static class SignInLogPages
{
    public static void MapSignInLog(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        pages.MapGet("/sign-ins", ListAsync);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var filter = SignInFilter.From(request.Query);
        var (answer, view) = await ListView.FilterAsync(api, "access/logs/access_requests", filter.Query, request, ct);
        if (view is null)
        {
            return PageResult.Failed(answer, "log");
        }

        var applications = await ApplicationChoices.LoadAsync(api, [filter.Application, .. answer.Items.Select(entry => (string?)entry["app_uid"])], ct);
        return PageResult.Of<SignInLogPage>(
            new
            {
                Model = new SignInLogModel(
                    view,
                    filter,
                    applications,
                    answer.Success && view.Page == 1 && request.Query["live"] != "false",
                    new Draft { Errors = ObjectForm.ExplainFilter(answer, "email", "since", "until", "ray_id") }),
            },
            answer.Status);
    }
}
