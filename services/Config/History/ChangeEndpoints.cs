using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using Marten.Events;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.History;

/// <summary><c>/access/changes</c>, <c>/access/as_of</c> and <c>/access/diff</c>: the whole configuration through time.</summary>
public static class ChangeEndpoints
{
    private const int MostChanges = 100;
    private const int MostObjects = 50_000;
    private const int MostDifferent = 10_000;

    public static void MapChanges(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var audit = access.MapGroup("").RequirePermission(ApiPermission.AuditLogsRead);
        audit.MapGet("/changes", Changes)
            .Describe("kind", "string", "Only changes of objects of this kind.").Describe("id", "string", "Only changes of this object.")
            .Describe("removed", "boolean", "true: only removals.").Describe("actor", "string", "user:{email}, or api-token:{name} whatever its id.")
            .Describe("actor_id", "string", "The API token with this id, whatever it was called.")
            .Describe("since", "string", "A time (RFC 3339).").Describe("until", "string", "A time (RFC 3339).")
            .Describe("per_page", "integer", "1 to 100; 25 unless given.").Describe("cursor", "string", "From result_info: the changes before those of this page.")
            .Answers(ListOf(HistoryShapes.Change));

        // Shows objects of every kind, whole.
        audit.MapGet("/as_of", AsOf).RequirePermission(ApiPermission.Read)
            .DescribeTime("time", "When (required)").Describe("kind", "string", "Objects of this kind alone, page by page.").Describe("page", "integer", "With kind: from 1.").Describe("per_page", "integer", "With kind: 1 to 1,000.")
            .Answers(With(MapOf(Any), ("time", ObjectShape.Time), ("position", Integer), ("total_count?", Integer)));
        audit.MapGet("/diff", Compare).RequirePermission(ApiPermission.Read)
            .Describe("from", "string", "The earlier time (RFC 3339).").Describe("to", "string", "The later time.")
            .Describe("page", "integer", "From 1, in the order of the changes.").Describe("per_page", "integer", "1 to 1,000.")
            .Answers(Of(
                ("from", ObjectShape.Time), ("to", ObjectShape.Time), ("total_count", Integer),
                ("differences", ListOf(Of(("kind", Text), ("id", Uuid), ("name", OrNull(Text)), ("action", OneOf("create", "change", "remove")), ("changes", HistoryShapes.Changes))))));
    }

    private static async Task<IResult> Changes(HttpRequest request, ConfigurationHistory history, CancellationToken ct)
    {
        var query = request.Query;
        var errors = new List<ApiError>();
        var kind = query["kind"].ToString();
        if (kind.Length > 0 && !history.Kinds.ContainsKey(kind))
        {
            errors.Add(ApiErrors.InvalidRequest($"kind is one of {string.Join(", ", history.Kinds.Keys.Order(StringComparer.Ordinal))}"));
        }

        if (query["removed"].ToString() is not ("" or "true" or "false"))
        {
            errors.Add(ApiErrors.InvalidRequest("removed is true, for removals alone, or false"));
        }

        if (query["actor"].Count > 0 && query["actor_id"].Count > 0)
        {
            errors.Add(ApiErrors.InvalidRequest("actor_id names an API token whatever it was called: leave out actor"));
        }

        var actorId = Parse(query["actor_id"].ToString(), "actor_id is the id of an API token", errors, text => Guid.TryParse(text, out var id) ? id : (Guid?)null);
        var filter = new EventQuery
        {
            StreamId = Parse(query["id"].ToString(), "id is a uuid", errors, text => Guid.TryParse(text, out var id) ? id : (Guid?)null),
            StreamType = history.Kinds.TryGetValue(kind, out var kindOf) ? JsonNamingPolicy.SnakeCaseLower.ConvertName(kindOf.ObjectType.Name) : null,
            EventTypes = query["removed"] == "true" ? ConfigurationFact.Removals : null,
            ActorLike = actorId is { } known ? Actors.Identified(known) : query["actor"].ToString() is { Length: > 0 } actor ? Actors.Named(actor) : null,
            From = Time(query, "since", errors),
            To = Time(query, "until", errors),
            After = Parse(query["cursor"].ToString(), "cursor is what result_info gave", errors, text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var after) ? after : (long?)null),
            PageSize = Parse(query["per_page"].ToString(), $"per_page is from 1 to {MostChanges}", errors,
                text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is >= 1 and <= MostChanges ? size : (int?)null) ?? 25,
            Descending = true,
        };
        if (errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, errors);
        }

        var (changes, next) = await history.ChangesAsync(filter, ct);
        var info = new JsonObject { ["count"] = changes.Count, ["per_page"] = filter.PageSize };
        if (next.Length > 0)
        {
            info["cursor"] = next;
        }

        return new EnvelopeResult(StatusCodes.Status200OK, [], new JsonArray([.. changes])) { Info = info };
    }

    private static async Task<IResult> AsOf(HttpRequest request, ConfigurationHistory history, CancellationToken ct)
    {
        var errors = new List<ApiError>();
        if (Time(request.Query, "time", errors) is not { } time)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("time is required: a time (RFC 3339)"));
        }

        var kind = request.Query["kind"].ToString();
        var isPaged = request.Query["page"].Count + request.Query["per_page"].Count > 0;
        if (Paging.From(request.Query) is not { } paging || (isPaged && kind.Length == 0))
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000, both with a kind"));
        }

        using var turn = await history.EnterAsync(ct);
        if (turn is null)
        {
            return Busy();
        }

        if (await history.AsOfAsync(time, null, ct) is not { } state)
        {
            return TooMuch(history);
        }

        var living = Living(state).Where(entry => kind.Length == 0 || entry.Kind == kind).ToList();
        if (!isPaged && living.Count > MostObjects)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest(
                string.Create(CultureInfo.InvariantCulture, $"there were {living.Count} objects, more than one answer holds: ask with kind, page and per_page")));
        }

        var result = new JsonObject { ["time"] = time, ["position"] = state.Snapshot.Position };
        foreach (var group in living.GroupBy(entry => entry.Kind).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var shown = group.OrderBy(entry => entry.Id).AsEnumerable();
            if (isPaged)
            {
                result["total_count"] = living.Count;
                shown = shown.Skip((paging.Page - 1) * paging.PerPage).Take(paging.PerPage);
            }

            result[group.Key] = new JsonArray([.. shown.Select(entry => history.ShowAlone(entry.Kind, entry.State))]);
        }

        return ApiEnvelope.Ok(result);
    }

    private static async Task<IResult> Compare(HttpRequest request, ConfigurationHistory history, CancellationToken ct)
    {
        var errors = new List<ApiError>();
        var isPaged = request.Query["page"].Count + request.Query["per_page"].Count > 0;
        if (Paging.From(request.Query) is not { } paging)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000"));
        }

        if (Time(request.Query, "from", errors) is not { } from || Time(request.Query, "to", errors) is not { } to || from > to)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("from and to are required: times (RFC 3339), the earlier first"));
        }

        using var turn = await history.EnterAsync(ct);
        if (turn is null)
        {
            return Busy();
        }

        if (await history.AsOfAsync(from, null, ct) is not { } before || await history.AsOfAsync(to, before, ct) is not { } after)
        {
            return TooMuch(history);
        }

        var differences = new JsonArray();
        var touched = after.Entries.Values.Where(entry => entry.Position > before.Snapshot.Position).OrderBy(entry => entry.Position).ToList();
        if (!isPaged && touched.Count > MostDifferent)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest(
                string.Create(CultureInfo.InvariantCulture, $"{touched.Count} objects were changed, more than one answer holds: ask with page and per_page")));
        }

        foreach (var entry in isPaged ? paging.Of(touched) : touched)
        {
            var was = before.Entries.GetValueOrDefault(entry.Id);
            var (old, now) = (history.ShowAlone(entry.Kind, was?.State), history.ShowAlone(entry.Kind, entry.State));
            var changes = JsonDifference.Between(old, now);
            if (changes.Count > 0)
            {
                differences.Add((JsonNode)new JsonObject
                {
                    ["kind"] = entry.Kind,
                    ["id"] = entry.Id,
                    ["name"] = (now ?? old)?["name"]?.DeepClone(),
                    ["action"] = old is null ? "create" : now is null ? "remove" : "change",
                    ["changes"] = changes,
                });
            }
        }

        return ApiEnvelope.Ok(new JsonObject { ["from"] = from, ["to"] = to, ["total_count"] = touched.Count, ["differences"] = differences });
    }

    private static IResult Busy() => ApiEnvelope.Error(StatusCodes.Status503ServiceUnavailable, ApiErrors.HistoryIsBusy());

    private static IResult TooMuch(ConfigurationHistory history) => ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest(
        string.Create(CultureInfo.InvariantCulture, $"up to that time there were more than {history.MostEvents} changes, too many to compute the whole: ask for the versions of single objects, or for changes page by page")));

    private static IEnumerable<FeedEntry> Living(ConfigurationState state) => state.Entries.Values.Where(entry => entry.State is not null);

    private static DateTimeOffset? Time(IQueryCollection query, string name, List<ApiError> errors)
        => Parse(query[name].ToString(), $"{name} is a time (RFC 3339)", errors, text => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : (DateTimeOffset?)null);

    private static T? Parse<T>(string text, string reason, List<ApiError> errors, Func<string, T?> read)
        where T : struct
    {
        if (text.Length == 0)
        {
            return null;
        }

        var value = read(text);
        if (value is null)
        {
            errors.Add(ApiErrors.InvalidRequest(reason));
        }

        return value;
    }
}
