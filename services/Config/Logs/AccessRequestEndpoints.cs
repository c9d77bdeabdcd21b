using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Logs;

/// <summary>
/// <c>GET /access/logs/access_requests</c>: the authentication log, with the original's filters: <see cref="AccessRequestFilters"/>.
/// </summary>
public static class AccessRequestEndpoints
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    public static void MapAccessRequests(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        AccessRequestFilters.DescribeTo(access.MapGet("/logs/access_requests", List).RequirePermission(ApiPermission.AuditLogsRead)
            .Answers(ListOf(Of(
                ("action?", Text), ("allowed?", Flag), ("app_domain?", OrNull(Text)), ("app_name?", OrNull(Text)), ("app_type?", OrNull(Text)), ("app_uid?", OrNull(Text)), ("client_id?", OrNull(Text)),
                ("connection?", OrNull(Text)), ("country?", OrNull(Text)), ("created_at?", ObjectShape.Time), ("id?", Text), ("idp_id?", OrNull(Text)), ("ip_address?", OrNull(Text)), ("policy_id?", OrNull(Text)),
                ("policy_name?", OrNull(Text)), ("ray_id?", OrNull(Text)), ("rule?", OrNull(Text)), ("user_email?", OrNull(Text)), ("user_id?", OrNull(Text))))));
    }

    private static async Task<IResult> List(HttpRequest request, UserQueries.UserQueriesClient people, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
    {
        var errors = new List<ApiError>();
        if (Read(request.Query, log.Current.Snapshot, errors) is not { } asked || errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, errors);
        }

        return await Peers.AskAsync("log", Peers.AuthorizationServer, async () =>
        {
            var reply = await people.AccessRequestsAsync(asked.Request, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: ct);
            var snapshot = log.Current.Snapshot;
            return ApiEnvelope.Page(reply.Requests.Select(line => Show(JsonNode.Parse(line.Span)!.AsObject(), snapshot, asked.Fields)), asked.Paging, reply.TotalCount);
        });
    }

    private static (AccessRequestsRequest Request, Paging Paging, IReadOnlySet<string>? Fields)? Read(IQueryCollection query, ConfigurationSnapshot snapshot, List<ApiError> errors)
    {
        // The original has both; limit is the older name.
        var paging = Paging.From(query);
        if (query["limit"].ToString() is { Length: > 0 } limit)
        {
            paging = int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is >= 1 and <= 1000 && paging is not null ? paging with { PerPage = size } : null;
        }

        if (paging is null)
        {
            errors.Add(ApiErrors.InvalidRequest("page is from 1, limit and per_page from 1 to 1000"));
            return null;
        }

        var request = new AccessRequestsRequest { Page = paging.Page, PerPage = paging.PerPage, OldestFirst = query["direction"].ToString() == "asc" };
        if (query["direction"].ToString() is not ("" or "asc" or "desc"))
        {
            errors.Add(ApiErrors.InvalidRequest("direction is asc or desc"));
        }

        request.Since = Time(query, "since", errors);
        request.Until = Time(query, "until", errors);
        request.Filters.Add(AccessRequestFilters.Read(query, snapshot, errors));
        var fields = query["fields"].ToString();
        return (request, paging, fields.Length == 0 ? null : fields.Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>A time of a query; what is none goes to the errors.</summary>
    internal static Timestamp? Time(IQueryCollection query, string parameter, List<ApiError> errors)
    {
        if (query[parameter].ToString() is not { Length: > 0 } text)
        {
            return null;
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return Timestamp.FromDateTimeOffset(time);
        }

        errors.Add(ApiErrors.InvalidRequest($"{parameter} is a time (RFC 3339)"));
        return null;
    }

    private static JsonObject Show(JsonObject line, ConfigurationSnapshot snapshot, IReadOnlySet<string>? fields)
    {
        var application = Guid.TryParse((string?)line["application_id"], out var id) ? snapshot.Applications.GetValueOrDefault(id) : null;
        var shown = new JsonObject
        {
            ["action"] = "login",
            ["allowed"] = (bool)line["allowed"]!,
            ["app_domain"] = application?.Domain,
            ["app_name"] = application?.Name,
            ["app_type"] = application is null ? null : JsonSerializer.SerializeToNode(application.Type, ConfigurationJson.Default.ApplicationType),
            ["app_uid"] = (string?)line["application_id"],
            ["client_id"] = (string?)line["client_id"],
            ["connection"] = (string?)line["connection"],
            ["country"] = (string?)line["country"] is { Length: > 0 } country ? country : null,
            ["created_at"] = DateTimeOffset.UnixEpoch.AddMicroseconds((long)line["at"]!),
            ["id"] = (string?)line["id"],
            ["idp_id"] = (string?)line["provider_id"],
            ["ip_address"] = (string?)line["address"],
            ["policy_id"] = (string?)line["policy_id"],
            ["policy_name"] = (string?)line["policy_name"],
            ["ray_id"] = (string?)line["flow_id"],
            ["rule"] = (string?)line["rule"],
            ["user_email"] = (string?)line["email"],
            ["user_id"] = (string?)line["user_id"],
        };
        if (fields is not null)
        {
            foreach (var name in shown.Select(member => member.Key).Where(name => !fields.Contains(name)).ToList())
            {
                shown.Remove(name);
            }
        }

        return shown;
    }
}
