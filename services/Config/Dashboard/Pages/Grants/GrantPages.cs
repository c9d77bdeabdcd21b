using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Grants;

/// <summary>What the list of grants is narrowed to.</summary>
public sealed record GrantFilter(string Email, string ApplicationId, string ClientId, string Status, string Kind, string Cursor)
{
    public static GrantFilter Of(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var query = request.Query;
        return new GrantFilter(
            query["email"].ToString().Trim(),
            Guid.TryParse(Posted.Text(query["app_id"]), out var id) ? id.ToString() : "",
            query["client_id"].ToString().Trim(),
            query["status"].ToString() is "active" or "ended" ? query["status"].ToString() : "",
            query["kind"].ToString() is "oauth" or "browser" ? query["kind"].ToString() : "",
            query["cursor"].ToString());
    }

    public bool IsEmpty => Email.Length + ApplicationId.Length + ClientId.Length + Status.Length + Kind.Length == 0;

    /// <summary>As a query, with the key of a page.</summary>
    public string Query(string cursor) => $"?email={Uri.EscapeDataString(Email)}&app_id={ApplicationId}&client_id={Uri.EscapeDataString(ClientId)}&status={Status}&kind={Kind}&cursor={Uri.EscapeDataString(cursor)}";
}

/// <summary>One page of grants.</summary>
public sealed record GrantListModel(IReadOnlyList<JsonObject> Items, long Total, string Cursor, GrantFilter Filter, ApplicationChoices Applications, bool Available);

/// <summary>One grant with its history.</summary>
public sealed record GrantModel(JsonObject Grant, IReadOnlyList<JsonObject> Events, string Application);

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
        var answer = await api.GetAsync($"access/grants{filter.Query(filter.Cursor)}&per_page=25", ct);
        return !answer.Success && answer.Status != StatusCodes.Status503ServiceUnavailable
            ? PageResult.Failed(answer, "grant")
            : PageResult.Of<GrantList>(new { Model = new GrantListModel(answer.Items, answer.TotalCount, answer.Cursor, filter, await ApplicationChoices.LoadAsync(api, [filter.ApplicationId, .. answer.Items.Select(ApplicationOf)], ct), answer.Success) });
    }

    private static async Task<IResult> ShowAsync(Guid id, AdminApi api, CancellationToken ct)
    {
        var grant = await api.GetAsync($"access/grants/{id}", ct);
        if (!grant.Success)
        {
            return PageResult.Failed(grant, "grant");
        }

        var events = await api.GetAsync($"access/grants/{id}/events", ct);
        var names = await ApplicationChoices.NamesAsync(api, [ApplicationOf(grant.Object)], ct);
        return PageResult.Of<GrantDetail>(new { Model = new GrantModel(grant.Object, [.. events.Items.Reverse()], names.GetValueOrDefault(ApplicationOf(grant.Object), "removed application")) });
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
