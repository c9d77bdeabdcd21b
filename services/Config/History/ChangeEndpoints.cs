using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Configuration;
using Marten.Events;

namespace ManagedOAuth.Config.History;

/// <summary><c>/access/changes</c>, <c>/access/as_of</c> and <c>/access/diff</c>: the whole configuration through time.</summary>
public static class ChangeEndpoints
{
    private const int MostChanges = 100;

    public static void MapChanges(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var audit = access.MapGroup("").RequirePermission(ApiPermission.AuditLogsRead);
        audit.MapGet("/changes", Changes);

        // Shows objects of every kind, whole.
        audit.MapGet("/as_of", AsOf).RequirePermission(ApiPermission.Read);
        audit.MapGet("/diff", Compare);
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

        var filter = new EventQuery
        {
            StreamId = Parse(query["id"].ToString(), "id is a uuid", errors, text => Guid.TryParse(text, out var id) ? id : (Guid?)null),
            StreamType = history.Kinds.TryGetValue(kind, out var known) ? JsonNamingPolicy.SnakeCaseLower.ConvertName(known.ObjectType.Name) : null,
            EventTypes = query["removed"] == "true" ? ConfigurationFact.Removals : null,
            Actor = query["actor"].ToString() is { Length: > 0 } actor ? actor : null,
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
        var state = await history.AsOfAsync(time, null, ct);
        var result = new JsonObject { ["time"] = time, ["position"] = state.Snapshot.Position };
        foreach (var group in Living(state).Where(entry => kind.Length == 0 || entry.Kind == kind).GroupBy(entry => entry.Kind).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            result[group.Key] = new JsonArray([.. group.OrderBy(entry => entry.Id).Select(entry => history.ShowAlone(entry.Kind, entry.State))]);
        }

        return ApiEnvelope.Ok(result);
    }

    private static async Task<IResult> Compare(HttpRequest request, ConfigurationHistory history, CancellationToken ct)
    {
        var errors = new List<ApiError>();
        if (Time(request.Query, "from", errors) is not { } from || Time(request.Query, "to", errors) is not { } to || from > to)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("from and to are required: times (RFC 3339), the earlier first"));
        }

        var before = await history.AsOfAsync(from, null, ct);
        var after = await history.AsOfAsync(to, before, ct);
        var differences = new JsonArray();
        foreach (var entry in after.Entries.Values.Where(entry => entry.Position > before.Snapshot.Position).OrderBy(entry => entry.Position))
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

        return ApiEnvelope.Ok(new JsonObject { ["from"] = from, ["to"] = to, ["differences"] = differences });
    }

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
