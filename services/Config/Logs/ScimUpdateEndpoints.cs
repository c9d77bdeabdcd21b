using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Logs;

/// <summary><c>GET /access/logs/scim/updates</c>: what identity providers changed by provisioning, and what was refused, with the original's filters.</summary>
public static class ScimUpdateEndpoints
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    public static void MapScimUpdates(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        access.MapGet("/logs/scim/updates", ListAsync).RequirePermission(ApiPermission.AuditLogsRead)
            .Describe("idp_id", "string", "Only requests of these identity providers: repeated, or with commas.").Describe("idp_id[]", "string", "The same.")
            .Describe("request_method", "string", "Only requests with these methods: repeated, or with commas.").Describe("request_method[]", "string", "The same.")
            .Describe("resource_type", "string", "USER or GROUP.").Describe("status", "string", "SUCCESS or FAILURE.").Describe("cf_resource_id", "string", "The resource's id here.")
            .Describe("idp_resource_id", "string", "The resource's id at the identity provider.").Describe("resource_user_email", "string", "The user's address.")
            .Describe("resource_group_name", "string", "The group's name.").DescribeTime("since", "From this time on").DescribeTime("until", "Up to this time")
            .Describe("direction", "string", "desc (default) or asc.").Describe("limit", "integer", "The older name of per_page.").Describe("page", "integer", "From 1.").Describe("per_page", "integer", "1 to 1000.")
            .Answers(ListOf(Of(
                ("cf_resource_id", OrNull(Text)), ("error_description", OrNull(Text)), ("idp_id", OrNull(Text)), ("idp_resource_id", OrNull(Text)), ("logged_at", Time), ("request_body", OrNull(Text)),
                ("request_method", OrNull(Text)), ("resource_group_name", OrNull(Text)), ("resource_type", OrNull(Text)), ("resource_user_email", OrNull(Text)),
                ("status", OneOf("SUCCESS", "FAILURE")), ("ray_id", OrNull(Text)))));
    }

    private static async Task<IResult> ListAsync(HttpRequest request, ScimQueries.ScimQueriesClient scim, TimeProvider clock, CancellationToken ct)
    {
        var errors = new List<ApiError>();
        var asked = Read(request.Query, errors);
        return errors.Count > 0
            ? ApiEnvelope.Error(StatusCodes.Status400BadRequest, errors)
            : await Peers.AskAsync("log", Peers.AuthorizationServer, async () =>
            {
                var reply = await scim.UpdatesAsync(asked, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: ct);
                return ApiEnvelope.Ok(new JsonArray([.. reply.Updates.Select(line => Show(JsonNode.Parse(line.Span)!.AsObject()))]));
            });
    }

    private static ScimUpdatesRequest Read(IQueryCollection query, List<ApiError> errors)
    {
        var asked = new ScimUpdatesRequest
        {
            ResourceId = query["cf_resource_id"].ToString(),
            ExternalId = query["idp_resource_id"].ToString(),
            Email = query["resource_user_email"].ToString().Trim().ToLowerInvariant(),
            GroupName = query["resource_group_name"].ToString(),
            ResourceType = One(query, "resource_type", errors, "USER", "GROUP"),
            Success = One(query, "status", errors, "SUCCESS", "FAILURE") switch { "SUCCESS" => "true", "FAILURE" => "false", _ => "" },
            OldestFirst = One(query, "direction", errors, "asc", "desc") == "asc",
            Since = AccessRequestEndpoints.Time(query, "since", errors),
            Until = AccessRequestEndpoints.Time(query, "until", errors),
            Limit = Number(query, query["limit"].Count > 0 ? "limit" : "per_page", 1000, errors),
            Page = Number(query, "page", 1_000_000, errors),
        };
        asked.ProviderIds.AddRange(Many(query, "idp_id"));
        asked.Methods.AddRange(Many(query, "request_method").Select(method => method.ToUpperInvariant()));
        if (asked.ProviderIds.Any(id => !Guid.TryParse(id, out _)))
        {
            errors.Add(ApiErrors.InvalidRequest("idp_id is the uuid of an identity provider, or several"));
        }

        return asked;
    }

    private static int Number(IQueryCollection query, string parameter, int most, List<ApiError> errors)
    {
        var text = query[parameter].ToString();
        if (text.Length == 0)
        {
            return 0;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most)
        {
            return number;
        }

        errors.Add(ApiErrors.InvalidRequest(string.Create(CultureInfo.InvariantCulture, $"{parameter} is from 1 to {most}")));
        return 0;
    }

    private static string One(IQueryCollection query, string parameter, List<ApiError> errors, params string[] allowed)
    {
        var value = query[parameter].ToString();
        if (value.Length > 0 && !allowed.Contains(value, StringComparer.Ordinal))
        {
            errors.Add(ApiErrors.InvalidRequest($"{parameter} is {string.Join(" or ", allowed)}"));
        }

        return value;
    }

    // Arrays come as a=1&a=2, a[]=1&a[]=2 or a=1,2.
    private static IEnumerable<string> Many(IQueryCollection query, string parameter)
        => query[parameter].Concat(query[parameter + "[]"]).OfType<string>().SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Take(100);

    private static JsonObject Show(JsonObject line) => new()
    {
        ["cf_resource_id"] = (string?)line["resource_id"],
        ["error_description"] = (string?)line["error"],
        ["idp_id"] = (string?)line["provider_id"],
        ["idp_resource_id"] = (string?)line["external_id"],
        ["logged_at"] = DateTimeOffset.UnixEpoch.AddMicroseconds((long)line["at"]!),
        ["request_body"] = (string?)line["body"],
        ["request_method"] = (string?)line["method"],
        ["resource_group_name"] = (string?)line["group_name"],
        ["resource_type"] = (string?)line["resource_type"],
        ["resource_user_email"] = (string?)line["email"],
        ["status"] = (bool)line["success"]! ? "SUCCESS" : "FAILURE",
        ["ray_id"] = (string?)line["flow_id"],
    };
}
