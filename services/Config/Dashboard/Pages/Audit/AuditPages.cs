using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Feed;

namespace ManagedOAuth.Config.Dashboard.Pages.Audit;

/// <summary>What is looked for in the audit trail. Times are UTC, as a browser's field gives them.</summary>
public sealed record AuditFilter(string Kind, string Id, string Actor, string ActorId, string Since, string Until)
{
    public bool IsEmpty => (Kind + Id + Actor + ActorId + Since + Until).Length == 0;

    public string Query => QueryString.Create(new Dictionary<string, string?> { ["kind"] = Kind, ["id"] = Id, ["actor"] = Actor, ["actor_id"] = ActorId, ["since"] = Since, ["until"] = Until }.Where(member => member.Value!.Length > 0)).Value ?? "";

    public static AuditFilter From(IQueryCollection query)
    {
        ArgumentNullException.ThrowIfNull(query);
        string Text(string name) => query[name].ToString().Trim();
        return new AuditFilter(Text("kind"), Text("id"), Text("actor"), Text("actor_id"), Text("since"), Text("until"));
    }
}

/// <summary>One page of the audit trail.</summary>
/// <param name="Changes">Newest first.</param>
/// <param name="Filter">What was looked for.</param>
/// <param name="Next">Key of the older ones; empty when there are none.</param>
/// <param name="IsFirst">Whether this is the newest page.</param>
/// <param name="Draft">Holds what is wrong with the filter.</param>
public sealed record AuditModel(IReadOnlyList<JsonObject> Changes, AuditFilter Filter, string Next, bool IsFirst, Draft Draft);

/// <summary>The whole configuration at one time, and what is different at another.</summary>
/// <param name="From">The earlier time.</param>
/// <param name="To">The later time; empty when only one was asked for.</param>
/// <param name="Configuration">What there was at the earlier time; null when two were compared.</param>
/// <param name="Differences">What differs between the two, object by object.</param>
/// <param name="Draft">Holds what is wrong with the times.</param>
public sealed record TimeModel(string From, string To, JsonObject? Configuration, IReadOnlyList<JsonObject>? Differences, Draft Draft);

/// <summary><c>/audit</c>: every change of the configuration; what was removed; the configuration as it was, and what changed between two times.</summary>
public static class AuditPages
{
    private const int PerPage = 50;

    public static void MapAudit(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/audit");
        group.MapGet("/", ListAsync);
        group.MapGet("/removed", RemovedAsync);
        group.MapGet("/times", TimesAsync);
        group.MapDeadLetters();
    }

    private static async Task<IResult> ListAsync(HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var filter = AuditFilter.From(request.Query);
        var cursor = request.Query["cursor"].ToString();
        var answer = await api.GetAsync(Path(filter.Query, cursor), ct);
        if (answer.Status == StatusCodes.Status403Forbidden)
        {
            return PageResult.Failed(answer, "audit trail");
        }

        var draft = new Draft { Errors = ObjectForm.ExplainFilter(answer, "actor", "actor_id", "since", "until", "id") };
        return PageResult.Of<AuditPage>(new { Model = new AuditModel(answer.Items, filter, answer.Cursor, cursor.Length == 0, draft) }, answer.Status);
    }

    private static async Task<IResult> RemovedAsync(HttpRequest request, AdminApi api, ConfigurationLog log, CancellationToken ct)
    {
        var cursor = request.Query["cursor"].ToString();
        var answer = await api.GetAsync(Path("?removed=true", cursor), ct);
        if (!answer.Success)
        {
            return PageResult.Failed(answer, "audit trail");
        }

        // What came back since is no longer removed.
        var entries = log.Current.Entries;
        var gone = answer.Items.Where(change => !entries.TryGetValue(Guid.Parse((string)change["id"]!), out var entry) || entry.State is null).ToList();
        return PageResult.Of<RemovedPage>(new { Changes = (IReadOnlyList<JsonObject>)gone, Next = answer.Cursor, IsFirst = cursor.Length == 0 });
    }

    private static async Task<IResult> TimesAsync(HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var (from, to) = (request.Query["from"].ToString().Trim(), request.Query["to"].ToString().Trim());
        if (from.Length == 0)
        {
            return PageResult.Of<TimesPage>(new { Model = new TimeModel("", to, null, null, new Draft()) });
        }

        var answer = to.Length == 0
            ? await api.GetAsync($"access/as_of?time={Uri.EscapeDataString(from)}", ct)
            : await api.GetAsync($"access/diff?from={Uri.EscapeDataString(from)}&to={Uri.EscapeDataString(to)}", ct);
        var model = new TimeModel(
            from,
            to,
            answer.Success && to.Length == 0 ? answer.Object : null,
            answer.Success && to.Length > 0 ? [.. (answer.Object["differences"] as JsonArray ?? []).OfType<JsonObject>()] : null,
            new Draft { Errors = [.. ObjectForm.ExplainFilter(answer, "from", "to", "time").Select(error => error.Pointer == "/time" ? ("/from", error.Reason) : error)] });
        return PageResult.Of<TimesPage>(new { Model = model }, answer.Status);
    }

    private static string Path(string query, string cursor)
        => string.Create(CultureInfo.InvariantCulture, $"access/changes{query}{(query.Length == 0 ? "?" : "&")}per_page={PerPage}{(cursor.Length == 0 ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}");
}
