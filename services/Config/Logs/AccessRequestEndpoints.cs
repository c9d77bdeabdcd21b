using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Logs;

/// <summary>
/// <c>GET /access/logs/access_requests</c>: the authentication log, with the original's filters. A filter's operator is <c>{name}Op</c>:
/// <c>eq</c> (default) or <c>neq</c>.
/// </summary>
public static class AccessRequestEndpoints
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    // The query parameter, and the field of the log.
    private static readonly (string Parameter, string Field)[] s_filters =
    [
        ("user_id", "user_id"), ("app_uid", "app_id"), ("idp", "connection"), ("idp_id", "idp_id"), ("ray_id", "flow_id"), ("allowed", "allowed"),
        ("client_id", "client_id"), ("ip_address", "address"), ("policy_id", "policy_id"),
    ];

    public static void MapAccessRequests(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        access.MapGet("/logs/access_requests", List).RequirePermission(ApiPermission.AuditLogsRead);
    }

    private static async Task<IResult> List(HttpRequest request, UserQueries.UserQueriesClient people, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
    {
        var errors = new List<ApiError>();
        if (Read(request.Query, errors) is not { } asked || errors.Count > 0)
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

    private static (AccessRequestsRequest Request, Paging Paging, IReadOnlySet<string>? Fields)? Read(IQueryCollection query, List<ApiError> errors)
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
        AddEmail(query, request, errors);
        foreach (var (parameter, field) in s_filters)
        {
            Add(query, request, parameter, field, errors);
        }

        if (query["non_identity"].ToString() == "true")
        {
            // Service tokens log nobody in: nothing of theirs is in this log, as in the original.
            request.Filters.Add(new AccessRequestFilter { Field = "email", Value = " " });
        }

        var fields = query["fields"].ToString();
        return (request, paging, fields.Length == 0 ? null : fields.Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal));
    }

    private static void AddEmail(IQueryCollection query, AccessRequestsRequest request, List<ApiError> errors)
        => Add(query, request, "email", query["email_exact"].ToString() == "true" || query["emailOp"].Count > 0 ? "email" : "email_part", errors);

    private static void Add(IQueryCollection query, AccessRequestsRequest request, string parameter, string field, List<ApiError> errors)
    {
        if (query[parameter].ToString() is not { Length: > 0 } value)
        {
            return;
        }

        var operation = query[parameter + "Op"].ToString();
        if (operation is not ("" or "eq" or "neq"))
        {
            errors.Add(ApiErrors.InvalidRequest($"{parameter}Op is eq or neq"));
        }
        else if (parameter == "allowed" && value is not ("true" or "false"))
        {
            errors.Add(ApiErrors.InvalidRequest("allowed is true or false"));
        }
        else
        {
            request.Filters.Add(new AccessRequestFilter { Field = field, Value = value, Not = operation == "neq" });
        }
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
