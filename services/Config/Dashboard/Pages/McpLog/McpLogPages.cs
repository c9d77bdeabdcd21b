using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Portals.Log;

namespace ManagedOAuth.Config.Dashboard.Pages.McpLog;

/// <summary>What is looked for in the log of the portals. Times are UTC, as a browser's field gives them.</summary>
public sealed record McpLogFilter(string User, string Portal, string Server, string Tool, string Outcome, string Since, string Until, string Flow, string Grant, string Duration)
{
    public bool IsEmpty => (User + Portal + Server + Tool + Outcome + Since + Until + Flow + Grant + Duration).Length == 0;

    /// <summary>As a query of the API, which is that of the page as well; empty or beginning with <c>?</c>.</summary>
    public string Query => QueryString.Create(new Dictionary<string, string?>
    {
        ["user"] = User, ["portal"] = Portal, ["server"] = Server, ["tool"] = Tool, ["outcome"] = Outcome, ["since"] = Since, ["until"] = Until,
        ["flow"] = Flow, ["grant"] = Grant, ["min_duration_ms"] = Duration,
    }.Where(member => member.Value!.Length > 0)).Value ?? "";

    /// <summary>The query with one thing more.</summary>
    public string With(string name, string value) => $"{Query}{(Query.Length == 0 ? "?" : "&")}{name}={Uri.EscapeDataString(value)}";

    public static McpLogFilter From(IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(query);
        string Text(string name) => Posted.Text(query[name]);
        return new McpLogFilter(Text("user"), Text("portal"), Text("server"), Text("tool"), Text("outcome"), Text("since"), Text("until"), Text("flow"), Text("grant"), Text("min_duration_ms"));
    }
}

/// <summary>Servers or portals to choose from.</summary>
/// <param name="ById">Names by id: of the first thousand, or for an administrator who may not see them the ids on the page alone.</param>
/// <param name="IsShortened">There are more.</param>
public sealed record McpNames(IReadOnlyDictionary<string, string> ById, bool IsShortened)
{
    /// <summary>The name; the id itself where there is none.</summary>
    public string Of(string id) => ById.GetValueOrDefault(id, id);

    /// <summary>By name.</summary>
    public IEnumerable<(string Id, string Name)> Choices => ById.Select(entry => (entry.Key, entry.Value)).OrderBy(entry => entry.Value, StringComparer.OrdinalIgnoreCase);
}

/// <summary>One page of the log.</summary>
public sealed record McpLogModel
{
    /// <summary>Newest first.</summary>
    public required IReadOnlyList<JsonObject> Entries { get; init; }

    public required McpLogFilter Filter { get; init; }

    /// <summary>Key of the older ones; empty when there are none.</summary>
    public required string Next { get; init; }

    /// <summary>Whether this is the newest page.</summary>
    public required bool IsFirst { get; init; }

    /// <summary>Reads itself again every few seconds, where scripts run.</summary>
    public required bool IsLive { get; init; }

    public required McpNames Servers { get; init; }

    public required McpNames Portals { get; init; }

    /// <summary>What can come of a request.</summary>
    public IReadOnlyList<string> Outcomes { get; } = [.. PortalLogEntries.Outcomes.Order(StringComparer.Ordinal)];

    /// <summary>Holds what is wrong with the filter.</summary>
    public required Draft Draft { get; init; }
}

/// <summary><c>/mcp-log</c>: what went through the portals, by user, server, tool, outcome, duration, grant and flow.</summary>
public static class McpLogPages
{
    private const int PerPage = 50;

    public static void MapMcpLog(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        pages.MapGet("/mcp-log", ListAsync);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var filter = McpLogFilter.From(request.Query);
        var cursor = request.Query["cursor"].ToString();
        var path = "access/ai-controls/mcp/logs" + filter.With("per_page", PerPage.ToString(CultureInfo.InvariantCulture)) + (cursor.Length == 0 ? "" : "&cursor=" + Uri.EscapeDataString(cursor));
        var answer = await api.GetAsync(path, ct);
        if (!answer.Success && answer.Status != StatusCodes.Status400BadRequest)
        {
            return PageResult.Failed(answer, "log");
        }

        return PageResult.Of<McpLogPage>(
            new
            {
                Model = new McpLogModel
                {
                    Entries = answer.Items,
                    Filter = filter,
                    Next = answer.Cursor,
                    IsFirst = cursor.Length == 0,
                    IsLive = cursor.Length == 0 && request.Query["live"] == "true",
                    Servers = await NamesAsync(api, "access/ai-controls/mcp/servers", [filter.Server, .. answer.Items.Select(entry => (string?)entry["ServerID"])], ct),
                    Portals = await NamesAsync(api, "access/ai-controls/mcp/portals", [filter.Portal, .. answer.Items.Select(entry => (string?)entry["PortalID"])], ct),
                    Draft = new Draft { Errors = ObjectForm.ExplainFilter(answer, "user", "tool", "since", "until", "min_duration_ms", "grant", "flow") },
                },
            },
            answer.Status);
    }

    // Who may read the log need not be one who may see every server and portal: to them the ids on the page are all there is.
    private static async Task<McpNames> NamesAsync(AdminApi api, string path, IEnumerable<string?> shown, CancellationToken ct)
    {
        var names = shown.OfType<string>().Where(id => id.Length > 0).Distinct(StringComparer.Ordinal).ToDictionary(id => id, StringComparer.Ordinal);
        var first = await api.GetAsync($"{path}?per_page=1000", ct);
        foreach (var item in first.Items)
        {
            names[(string?)item["id"] ?? ""] = (string?)item["name"] ?? "";
        }

        return new McpNames(names, first.IsShortened);
    }
}
