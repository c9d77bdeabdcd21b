using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Portals.Log;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Logs.Refusals;

/// <summary><c>GET /access/logs/refusals</c>: requests that edges refused, newest first. Names of members and filters are those of the authentication log.</summary>
public static class RefusalEndpoints
{
    private const int LongestValue = 256;
    private const string At = "((data ->> 'at')::bigint)";

    // Only these names, and only these expressions: nothing of a request becomes SQL.
    private static readonly (string Parameter, string Condition, string Description)[] s_filters =
    [
        ("ray_id", "(data ->> 'flowId') = ?", "The id that the answer showed."),
        ("app_uid", "(data ->> 'applicationId') = ?", "The application."),
        ("reason", "(data ->> 'reason') = ?", "Why it was refused."),
        ("email", "(data ->> 'userEmail') = ?", "The user's whole address."),
        ("user_id", "(data ->> 'userId') = ?", "The user."),
        ("service_token_id", "(data ->> 'serviceTokenId') = ?", "The service token."),
        ("grant_id", "(data ->> 'grantId') = ?", "The grant."),
        ("policy_id", "(data ->> 'policyId') = ?", "The policy that decided."),
        ("ip_address", "(data ->> 'address') = ?", "The client's address."),
    ];

    public static void MapRefusals(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var list = access.MapGet("/logs/refusals", ListAsync).RequirePermission(ApiPermission.AuditLogsRead)
            .DescribeTime("since", "From this time on").DescribeTime("until", "Up to this time").DescribePage()
            .Answers(ListOf(Of(
                ("id", Uuid), ("created_at", Time), ("ray_id", Text), ("app_uid", OrNull(Text)), ("app_name", OrNull(Text)), ("app_domain", OrNull(Text)), ("reason", Text), ("explanation", OrNull(Text)),
                ("policy_id", OrNull(Text)), ("policy_name", OrNull(Text)), ("rule", OrNull(Text)), ("credential", Text), ("user_id", OrNull(Text)), ("user_email", OrNull(Text)),
                ("service_token_id", OrNull(Text)), ("service_token_name", OrNull(Text)), ("grant_id", OrNull(Text)), ("ip_address", OrNull(Text)), ("method", Text), ("more_in_this_minute", Flag))));
        foreach (var (parameter, _, description) in s_filters)
        {
            list.Describe(parameter, "string", description);
        }
    }

    private static async Task<IResult> ListAsync(HttpRequest request, DocumentPages pages, ConfigurationLog log, CancellationToken ct)
    {
        var errors = new List<ApiError>();
        var (conditions, values) = (new List<string> { "true" }, new List<string>());
        foreach (var (parameter, condition, _) in s_filters)
        {
            if (request.Query[parameter].ToString().Trim() is { Length: > 0 } value)
            {
                conditions.Add(condition);
                values.Add(parameter == "email" ? value.ToLowerInvariant() : value);
                if (value.Length > LongestValue || value.Contains('\0', StringComparison.Ordinal))
                {
                    errors.Add(ApiErrors.InvalidRequest($"{parameter} has at most {LongestValue} characters"));
                }
            }
        }

        if (request.Query["reason"].ToString().Trim() is { Length: > 0 } reason && !RefusalReasons.All.ContainsKey(reason))
        {
            errors.Add(ApiErrors.InvalidRequest($"reason is one of {string.Join(", ", RefusalReasons.All.Keys)}"));
        }

        foreach (var (parameter, comparison) in (ReadOnlySpan<(string, string)>)[("since", ">="), ("until", "<=")])
        {
            if (AccessRequestEndpoints.Time(request.Query, parameter, errors) is { } time)
            {
                conditions.Add($"{At} {comparison} ?::bigint");
                values.Add(PortalLogEntries.Microseconds(time.ToDateTimeOffset()).ToString(CultureInfo.InvariantCulture));
            }
        }

        if (Paging.From(request.Query) is not { } paging)
        {
            errors.Add(ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000"));
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, errors);
        }

        if (errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, errors);
        }

        var (found, total) = await pages.ReadAsync<EdgeRefusal>(paging, $"{At} desc, id desc", string.Join(" and ", conditions), values, ct);
        var snapshot = log.Current.Snapshot;
        return ApiEnvelope.Page(found.Select(refusal => Show(refusal, snapshot)), paging, total);
    }

    private static JsonObject Show(EdgeRefusal refusal, ConfigurationSnapshot snapshot)
    {
        var application = Guid.TryParse(refusal.ApplicationId, out var id) ? snapshot.Applications.GetValueOrDefault(id) : null;
        var token = Guid.TryParse(refusal.ServiceTokenId, out var tokenId) ? snapshot.ServiceTokens.GetValueOrDefault(tokenId) : null;
        return new JsonObject
        {
            ["id"] = refusal.Id,
            ["created_at"] = DateTimeOffset.UnixEpoch.AddMicroseconds(refusal.At),
            ["ray_id"] = refusal.FlowId,
            ["app_uid"] = NullIfEmpty(refusal.ApplicationId),
            ["app_name"] = application?.Name,
            ["app_domain"] = application?.Domain,
            ["reason"] = refusal.Reason,
            ["explanation"] = RefusalReasons.All.GetValueOrDefault(refusal.Reason),
            ["policy_id"] = NullIfEmpty(refusal.PolicyId),
            ["policy_name"] = NullIfEmpty(refusal.PolicyName),
            ["rule"] = NullIfEmpty(refusal.Rule),
            ["credential"] = refusal.Credential,
            ["user_id"] = NullIfEmpty(refusal.UserId),
            ["user_email"] = NullIfEmpty(refusal.UserEmail),
            ["service_token_id"] = NullIfEmpty(refusal.ServiceTokenId),
            ["service_token_name"] = token?.Name,
            ["grant_id"] = NullIfEmpty(refusal.GrantId),
            ["ip_address"] = NullIfEmpty(refusal.Address),
            ["method"] = refusal.Method,
            ["more_in_this_minute"] = refusal.More,
        };
    }

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;
}
