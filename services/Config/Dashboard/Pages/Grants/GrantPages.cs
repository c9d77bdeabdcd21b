using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Grants;

/// <summary>What the list of grants is narrowed to.</summary>
/// <param name="Search">A part of the user's address, of the client's id or of its name.</param>
/// <param name="Email">The whole address of a user.</param>
/// <param name="ApplicationId">An application.</param>
/// <param name="ClientId">A client.</param>
/// <param name="Status"><c>active</c>, <c>ended</c>, or empty for both.</param>
/// <param name="Kind"><c>oauth</c>, <c>browser</c>, or empty for both.</param>
/// <param name="At">The time of which the grants are shown, UTC, as a browser's field gives it; empty = now.</param>
/// <param name="Cursor">Where the page begins.</param>
public sealed record GrantFilter(string Search, string Email, string ApplicationId, string ClientId, string Status, string Kind, string At, string Cursor)
{
    public static GrantFilter Of(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var query = request.Query;
        return new GrantFilter(
            query["search"].ToString().Trim(),
            query["email"].ToString().Trim(),
            Guid.TryParse(Posted.Text(query["app_id"]), out var id) ? id.ToString() : "",
            query["client_id"].ToString().Trim(),
            query["status"].ToString() is "active" or "ended" ? query["status"].ToString() : "",
            query["kind"].ToString() is "oauth" or "browser" ? query["kind"].ToString() : "",
            query["at"].ToString().Trim(),
            query["cursor"].ToString());
    }

    public bool IsEmpty => (Search + Email + ApplicationId + ClientId + Status + Kind + At).Length == 0;

    /// <summary>As a query, with the key of a page; empty or beginning with <c>?</c>.</summary>
    public string Query(string cursor) => QueryString.Create(new Dictionary<string, string?>
    {
        ["search"] = Search, ["email"] = Email, ["app_id"] = ApplicationId, ["client_id"] = ClientId, ["status"] = Status, ["kind"] = Kind, ["at"] = At, ["cursor"] = cursor,
    }.Where(member => member.Value!.Length > 0)).Value ?? "";
}

/// <summary>One page of grants.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Total">How many there are in all.</param>
/// <param name="Cursor">Key of the next page; empty when there is none.</param>
/// <param name="Filter">What was looked for.</param>
/// <param name="Applications">Names by id.</param>
/// <param name="Available">Whether the token service answered.</param>
/// <param name="Draft">Holds what is wrong with the filter.</param>
public sealed record GrantListModel(IReadOnlyList<JsonObject> Items, long Total, string Cursor, GrantFilter Filter, ApplicationChoices Applications, bool Available, Draft Draft);

/// <summary>One grant with its history.</summary>
public sealed record GrantModel(JsonObject Grant, IReadOnlyList<JsonObject> Events, string Application, string Older);

/// <summary><c>/grants</c>: who has access by which client; one grant's timeline; revoking it.</summary>
public static class GrantPages
{
    public static void MapGrants(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/grants");
        group.MapGet("/", ListAsync);
        group.MapGet("/{id:guid}", ShowAsync);
        group.MapGet("/{id:guid}/revoke", (Guid id, AdminApi api, CancellationToken ct) => AskAsync(id, api, null, ct));
        group.MapPost("/{id:guid}/revoke", RevokeAsync);
    }

    private static async Task<IResult> ListAsync(AdminApi api, HttpRequest request, CancellationToken ct)
    {
        var filter = GrantFilter.Of(request);
        var answer = await api.GetAsync($"access/grants{filter.Query(filter.Cursor)}", ct);
        var away = answer.Status == StatusCodes.Status503ServiceUnavailable;
        if (!answer.Success && !away && answer.Status != StatusCodes.Status400BadRequest)
        {
            return PageResult.Failed(answer, "grant");
        }

        var applications = await ApplicationChoices.LoadAsync(api, [filter.ApplicationId, .. answer.Items.Select(ApplicationOf)], ct);
        var draft = new Draft { Errors = away ? [] : ObjectForm.ExplainFilter(answer, "search", "at") };
        return PageResult.Of<GrantList>(new { Model = new GrantListModel(answer.Items, answer.TotalCount, answer.Cursor, filter, applications, !away, draft) }, away ? StatusCodes.Status200OK : answer.Status);
    }

    private static async Task<IResult> ShowAsync(Guid id, HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var grant = await api.GetAsync($"access/grants/{id}", ct);
        if (!grant.Success)
        {
            return PageResult.Failed(grant, "grant");
        }

        var cursor = Uri.EscapeDataString(request.Query["cursor"].ToString());
        var events = await api.GetAsync($"access/grants/{id}/events?per_page=200&cursor={cursor}", ct);
        var names = await ApplicationChoices.NamesAsync(api, [ApplicationOf(grant.Object)], ct);
        return PageResult.Of<GrantDetail>(new { Model = new GrantModel(grant.Object, [.. events.Items.Reverse()], names.GetValueOrDefault(ApplicationOf(grant.Object), "removed application"), events.Cursor) });
    }

    private static async Task<IResult> AskAsync(Guid id, AdminApi api, Draft? refused, CancellationToken ct)
    {
        var grant = await api.GetAsync($"access/grants/{id}", ct);
        return !grant.Success
            ? PageResult.Failed(grant, "grant")
            : PageResult.Of<ConfirmPage>(new
            {
                Title = "Revoke this grant?",
                Button = "Revoke",
                Back = $"/grants/{id}",
                Call = ApiCall.Post($"access/grants/{id}/revoke"),
                Draft = refused ?? new Draft(),
                Crumbs = (IReadOnlyList<(string, string)>)[("/grants", "Grants"), ($"/grants/{id}", (string?)grant.Object["email"] ?? "")],
                Consequences = (IReadOnlyList<string>)
                [
                    $"{GrantWords.Client(grant.Object)} of {grant.Object["email"]} is shut out within a second, open streams included.",
                    "Other grants of the same user go on. They can sign in again where the policies still admit them.",
                ],
            });
    }

    private static async Task<IResult> RevokeAsync(Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var call = ApiCall.Post($"access/grants/{id}/revoke");
        var answer = await api.SendAsync(call, ct);
        return answer.Success ? flashes.Redirect(context, $"/grants/{id}", "The grant was revoked.", call) : await AskAsync(id, api, new Draft { Errors = ObjectForm.Explain(answer) }, ct);
    }

    private static string ApplicationOf(JsonObject grant) => (string?)grant["application_id"] ?? "";
}
