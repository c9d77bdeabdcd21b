using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Overview;

/// <summary>The figures of the overview. Null is what the administrator may not see, or what could not be read.</summary>
public sealed record OverviewModel
{
    public required long? Applications { get; init; }

    public required long ManagedOAuth { get; init; }

    public required long? Policies { get; init; }

    public required long? ActiveGrants { get; init; }

    /// <summary>The token service does not answer, which is another thing than having no permission.</summary>
    public required bool IsTokenServiceOut { get; init; }

    public required long Users { get; init; }

    /// <summary>Logins and approvals of the last fourteen days.</summary>
    public required IReadOnlyList<(string Day, long Count)> Days { get; init; }

    public required IReadOnlyList<(string Label, long Value, string? Link)> ByApplication { get; init; }

    public required IReadOnlyList<JsonObject> Latest { get; init; }

    public required IReadOnlyDictionary<string, string> ApplicationNames { get; init; }

    /// <summary>Requests of the last hour, minute by minute, as the edges counted them.</summary>
    public required IReadOnlyList<JsonObject>? Minutes { get; init; }

    /// <summary>The busiest applications of that hour.</summary>
    public required IReadOnlyList<(string Label, long Value, string? Link)> Busiest { get; init; }

    /// <summary>Every process that decides by the configuration, and how far it is.</summary>
    public required IReadOnlyList<JsonObject>? Readers { get; init; }

    /// <summary>Processes that followed the configuration within the last hour and are silent.</summary>
    public required IReadOnlyList<JsonObject> Silent { get; init; }

    /// <summary>The service tokens that end within a week, as far as they are shown, and how many there are.</summary>
    public required (IReadOnlyList<JsonObject> Shown, long Count) Expiring { get; init; }

    /// <summary>Reads itself again every half minute, where scripts run.</summary>
    public required bool IsLive { get; init; }

    public long Sum(string figure) => Minutes?.Sum(minute => (long?)minute[figure] ?? 0) ?? 0;

    /// <summary>What a new organization still has to do.</summary>
    public required IReadOnlyList<(string Path, string Title, string Text)> NextSteps { get; init; }
}

/// <summary><c>/</c></summary>
public static class OverviewEndpoints
{
    private const int Days = 14;
    private const int MostShown = 6;

    public static void MapOverview(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        pages.MapGet("/", async (HttpRequest request, AdminApi api, CancellationToken ct)
            => PageResult.Of<OverviewPage>(new { Model = await LoadAsync(api, request.Query["live"] != "false", ct) }));
    }

    private static async Task<OverviewModel> LoadAsync(AdminApi api, bool isLive, CancellationToken ct)
    {
        var applications = await api.GetAsync("access/apps?per_page=1", ct);
        var managed = await api.GetAsync("access/apps?per_page=1&managed_oauth=true", ct);
        var policies = await api.GetAsync("access/policies?per_page=1", ct);
        var providers = await api.GetAsync("access/identity_providers?per_page=1", ct);
        var organization = await api.GetAsync("access/organizations", ct);
        var summary = await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"access/grants/summary?days={Days}"), ct);
        var grants = await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"access/grants?per_page={MostShown}"), ct);
        var expiring = await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"access/service_tokens?expiring=true&per_page={MostShown}"), ct);
        var figures = await api.GetAsync("access/figures", ct);
        var readers = await api.GetAsync("access/changes/status", ct);
        return new OverviewModel
        {
            Applications = applications.Success ? applications.TotalCount : null,
            ManagedOAuth = managed.TotalCount,
            Policies = policies.Success ? policies.TotalCount : null,
            ActiveGrants = summary.Success ? (long?)summary.Object["active_grants"] : null,
            IsTokenServiceOut = summary.Status == StatusCodes.Status503ServiceUnavailable,
            Users = (long?)summary.Object["active_users"] ?? 0,
            Days = [.. (summary.Object["days"] as JsonArray ?? []).OfType<JsonObject>().Select(PerDay)],
            ByApplication = [.. (summary.Object["applications"] as JsonArray ?? []).OfType<JsonObject>().Take(MostShown).Select(ByApplication)],
            Latest = grants.Items,
            ApplicationNames = await ApplicationChoices.NamesAsync(api, grants.Items.Select(grant => (string?)grant["application_id"]), ct),
            Minutes = figures.Success ? [.. (figures.Object["minutes"] as JsonArray ?? []).OfType<JsonObject>()] : null,
            Busiest = [.. (figures.Object["applications"] as JsonArray ?? []).OfType<JsonObject>().Take(6).Select(Busy)],
            Readers = readers.Success ? [.. (readers.Object["readers"] as JsonArray ?? []).OfType<JsonObject>()] : null,
            Silent = [.. (readers.Object["silent"] as JsonArray ?? []).OfType<JsonObject>()],
            Expiring = (expiring.Items, expiring.TotalCount),
            IsLive = isLive,
            NextSteps = Steps(organization, providers, policies, applications),
        };
    }

    private static (string, long, string?) Busy(JsonObject application)
    {
        var id = (string?)application["id"];
        return ((string?)application["name"] ?? (id is null ? "all others" : "removed application"),
            ((long?)application["allowed"] ?? 0) + ((long?)application["challenged"] ?? 0) + ((long?)application["refused"] ?? 0),
            application["name"] is null ? null : $"/applications/{id}");
    }

    private static (string, long, string?) ByApplication(JsonObject application)
        => ((string?)application["name"] ?? "removed application", (long?)application["active_grants"] ?? 0, $"/grants?app_id={application["id"]}");

    private static (string, long) PerDay(JsonObject day)
        => (DateOnly.Parse((string)day["date"]!, CultureInfo.InvariantCulture).ToString("d MMM", CultureInfo.InvariantCulture), (long?)day["issued"] ?? 0);

    // Only what is known not to be there yet is still to be done.
    private static List<(string, string, string)> Steps(ApiAnswer organization, ApiAnswer providers, ApiAnswer policies, ApiAnswer applications)
    {
        static bool IsNone(ApiAnswer list) => list is { Success: true, TotalCount: 0 };
        var steps = new List<(string, string, string)>();
        if (organization.Status == StatusCodes.Status404NotFound)
        {
            steps.Add(("/settings", "Set up the organization", "Its name, and the team domain where people sign in."));
        }

        if (IsNone(providers))
        {
            steps.Add(("/identity-providers/new", "Add a way to sign in", "A one-time PIN by mail works without any other system."));
        }

        if (IsNone(policies))
        {
            steps.Add(("/policies/new", "Write a policy", "Who may come in: addresses, domains, groups."));
        }

        if (IsNone(applications))
        {
            steps.Add(("/applications/new", "Protect an application", "Give it a public address and say where it really is."));
        }

        return steps;
    }
}
