using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Logs.Refusals;

namespace ManagedOAuth.Config.Dashboard.Pages.Refusals;

/// <summary>What is looked for among the refused requests. Times are UTC, as a browser's field gives them.</summary>
public sealed record RefusalFilter(string Reference, string Email, string Application, string Reason, string Address, string Since, string Until)
{
    public bool IsEmpty => (Reference + Email + Application + Reason + Address + Since + Until).Length == 0;

    /// <summary>As a query of the API, which is that of the page as well; empty or beginning with <c>?</c>.</summary>
    public string Query => QueryString.Create(new Dictionary<string, string?>
    {
        ["ray_id"] = Reference, ["email"] = Email, ["app_uid"] = Application, ["reason"] = Reason, ["ip_address"] = Address, ["since"] = Since, ["until"] = Until,
    }.Where(member => member.Value!.Length > 0)).Value ?? "";

    public static RefusalFilter From(IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(query);
        string Text(string name) => Posted.Text(query[name]);
        return new RefusalFilter(Text("ray_id"), Text("email"), Text("app_uid"), Text("reason"), Text("ip_address"), Text("since"), Text("until"));
    }
}

/// <summary>One page of the refused requests.</summary>
/// <param name="View">Newest first.</param>
/// <param name="Filter">What was looked for.</param>
/// <param name="Applications">To choose from; none where they may not be seen.</param>
/// <param name="Draft">Holds what is wrong with the filter.</param>
public sealed record RefusalLogModel(ListView View, RefusalFilter Filter, ApplicationChoices Applications, Draft Draft)
{
    /// <summary>Why a request is refused, with what that means.</summary>
    public IReadOnlyDictionary<string, string> Reasons => RefusalReasons.All;
}

/// <summary><c>/refusals</c>: requests that the edges refused, to be found by the id that a user reads out.</summary>
public static class RefusalLogPages
{
    public static void MapRefusalLog(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        pages.MapGet("/refusals", ListAsync);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var filter = RefusalFilter.From(request.Query);
        var (answer, view) = await ListView.FilterAsync(api, "access/logs/refusals", filter.Query, request, ct);
        if (view is null)
        {
            return PageResult.Failed(answer, "log");
        }

        return PageResult.Of<RefusalLogPage>(
            new
            {
                Model = new RefusalLogModel(
                    view,
                    filter,
                    await ApplicationChoices.LoadAsync(api, [filter.Application], ct),
                    new Draft { Errors = ObjectForm.ExplainFilter(answer, "ray_id", "email", "ip_address", "since", "until") }),
            },
            answer.Status);
    }
}
