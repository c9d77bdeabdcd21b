using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;
using Microsoft.AspNetCore.Components;

namespace ManagedOAuth.Config.Dashboard.Pages.IdentityProviders;

/// <summary>One page of what an identity provider has provisioned or changed.</summary>
public sealed record ProvisionedModel
{
    /// <summary>As the API shows it.</summary>
    public required JsonObject Provider { get; init; }

    public required ListView View { get; init; }

    /// <summary>What was looked for, by the parameters of the API.</summary>
    public required IReadOnlyDictionary<string, string> Filter { get; init; }

    /// <summary>The request that gives the same.</summary>
    public required ApiCall Call { get; init; }

    /// <summary>Where older ones begin, in the log of updates; empty when there are none.</summary>
    public string Next { get; init; } = "";

    /// <summary>Whether this is the newest page of the log.</summary>
    public bool IsFirst { get; init; } = true;

    /// <summary>Holds what is wrong with the filter.</summary>
    public required Draft Draft { get; init; }

    public string Id => (string?)Provider["id"] ?? "";

    public bool IsOn => (bool?)Provider["scim_config"]?["enabled"] == true;

    public string Of(string parameter) => Filter.GetValueOrDefault(parameter, "");

    /// <summary>The filter as a query; empty or beginning with <c>?</c>.</summary>
    public string Query => ProvisionedPages.Query(Filter);
}

/// <summary><c>/identity-providers/{id}/scim/users</c>, <c>/groups</c> and <c>/updates</c>: what a provider has provisioned, and what it changed or was refused.</summary>
public static class ProvisionedPages
{
    private const int UpdatesPerPage = 50;
    private static readonly string[] s_fields = ["email", "username", "name", "resource_user_email", "resource_group_name", "since", "until"];

    public static void MapProvisionedPages(this RouteGroupBuilder providers)
    {
        ArgumentNullException.ThrowIfNull(providers);
        providers.MapGet("/{id:guid}/scim/users", (Guid id, HttpRequest request, AdminApi api, CancellationToken ct)
            => ListAsync<ProvisionedUsers>(id, "users", ["email", "username"], request, api, ct));
        providers.MapGet("/{id:guid}/scim/groups", (Guid id, HttpRequest request, AdminApi api, CancellationToken ct)
            => ListAsync<ProvisionedGroups>(id, "groups", ["name"], request, api, ct));
        providers.MapGet("/{id:guid}/scim/updates", UpdatesAsync);
    }

    internal static string Query(IEnumerable<KeyValuePair<string, string>> filter)
        => QueryString.Create(filter.Select(member => KeyValuePair.Create(member.Key, (string?)member.Value))).Value ?? "";

    private static Dictionary<string, string> Filter(HttpRequest request, params IEnumerable<string> parameters)
        => parameters.Select(name => KeyValuePair.Create(name, request.Query[name].ToString().Trim())).Where(member => member.Value.Length > 0).ToDictionary(StringComparer.Ordinal);

    private static async Task<IResult> ListAsync<TPage>(Guid id, string what, string[] parameters, HttpRequest request, AdminApi api, CancellationToken ct)
        where TPage : IComponent
    {
        var page = ListView.PageOf(request);
        var filter = Filter(request, parameters);
        var query = Query(filter);
        var call = ApiCall.Get($"access/identity_providers/{id}/scim/{what}{query}");
        var paging = string.Create(CultureInfo.InvariantCulture, $"{(query.Length == 0 ? "?" : "&")}page={page}&per_page={ListView.PerPage}");
        return await ShowAsync<TPage>(id, api, ApiCall.Get(call.Path + paging), (provider, answer, draft) => new ProvisionedModel
        {
            Provider = provider,
            View = new ListView(answer.Items, "", page, answer.TotalCount) { Also = query.Length == 0 ? "" : "&" + query[1..] },
            Filter = filter,
            Call = call,
            Draft = draft,
        }, ct);
    }

    private static async Task<IResult> UpdatesAsync(Guid id, HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var filter = Filter(request, "resource_type", "status", "resource_user_email", "resource_group_name", "since", "until");
        var before = request.Query["before"].ToString();
        var asked = new Dictionary<string, string>(filter, StringComparer.Ordinal) { ["idp_id"] = id.ToString() };
        var call = ApiCall.Get("access/logs/scim/updates" + Query(asked));
        if (before.Length > 0)
        {
            asked["until"] = before;
        }

        // One more than is shown: with its time the next page begins.
        asked["limit"] = (UpdatesPerPage + 1).ToString(CultureInfo.InvariantCulture);
        return await ShowAsync<ScimUpdates>(id, api, ApiCall.Get("access/logs/scim/updates" + Query(asked)), (provider, answer, draft) => new ProvisionedModel
        {
            Provider = provider,
            View = new ListView([.. answer.Items.Take(UpdatesPerPage)], "", 1, Math.Min(answer.Items.Count, UpdatesPerPage)),
            Filter = filter,
            Call = call,
            Next = answer.Items.Count > UpdatesPerPage ? (string?)answer.Items[UpdatesPerPage]["logged_at"] ?? "" : "",
            IsFirst = before.Length == 0,
            Draft = draft,
        }, ct);
    }

    private static async Task<IResult> ShowAsync<TPage>(Guid id, AdminApi api, ApiCall call, Func<JsonObject, ApiAnswer, Draft, ProvisionedModel> model, CancellationToken ct)
        where TPage : IComponent
    {
        var provider = await api.GetAsync($"access/identity_providers/{id}", ct);
        if (!provider.Success)
        {
            return PageResult.Failed(provider, "identity provider");
        }

        var answer = await api.SendAsync(call, ct);
        return answer.Success || answer.Status == StatusCodes.Status400BadRequest
            ? PageResult.Of<TPage>(new { Model = model(provider.Object, answer, new Draft { Errors = ObjectForm.ExplainFilter(answer, s_fields) }) }, answer.Status)
            : PageResult.Failed(answer, "identity provider");
    }
}
