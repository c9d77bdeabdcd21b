using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Logs;

/// <summary>
/// The filters of the authentication log, with the original's names: what cannot be asked is refused, because an answer to less than was asked for looks
/// as if everything in it matched. A filter's operator is <c>{name}Op</c>: <c>eq</c> (default) or <c>neq</c>, of <c>email</c> also <c>contains</c>. Pure.
/// </summary>
public static class AccessRequestFilters
{
    // The query parameter, the field of the log, and what it is.
    private static readonly (string Parameter, string Field, string Description)[] s_fields =
    [
        ("user_id", "user_id", "The user's id."), ("app_uid", "app_id", "The application's id."), ("idp", "connection", "Type of the identity provider, such as oidc."),
        ("idp_id", "idp_id", "The identity provider's id."), ("ray_id", "flow_id", "The flow id that pages and errors show."), ("allowed", "allowed", "true or false."),
        ("client_id", "client_id", "The OAuth client."), ("ip_address", "address", "The client's address."), ("policy_id", "policy_id", "The policy that decided."),
        ("country_code", "country", "The country of the address (ISO 3166-1), where the operator's list knew it."),
    ];

    private static readonly (string Parameter, string Description)[] s_others =
    [
        ("email", "A part of the user's address; the whole of it with email_exact=true or emailOp=eq."), ("app_type", "Type of the application, as it is now."),
        ("non_identity", "true: only what did not log in as somebody, which is nothing in this log."),
    ];

    private static readonly HashSet<string> s_known =
    [
        "page", "per_page", "limit", "direction", "since", "until", "fields", "email_exact",
        .. s_fields.SelectMany(filter => new[] { filter.Parameter, filter.Parameter + "Op" }), .. s_others.SelectMany(filter => new[] { filter.Parameter, filter.Parameter + "Op" }),
    ];

    private static readonly Dictionary<string, ApplicationType> s_types = Enum.GetValues<ApplicationType>().ToDictionary(type => JsonNamingPolicy.SnakeCaseLower.ConvertName(type.ToString()));

    /// <summary>Reads the filters of a query; what is wrong goes to the errors.</summary>
    /// <param name="query">The query.</param>
    /// <param name="snapshot">Knows the applications of each type.</param>
    /// <param name="errors">Where refusals go.</param>
    public static IReadOnlyList<AccessRequestFilter> Read(IQueryCollection query, ConfigurationSnapshot snapshot, List<ApiError> errors)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(errors);
        foreach (var unknown in query.Keys.Where(name => !s_known.Contains(name)))
        {
            errors.Add(ApiErrors.InvalidRequest($"there is no filter {unknown}; there are {string.Join(", ", s_known.Order(StringComparer.Ordinal))}"));
        }

        var filters = new List<AccessRequestFilter>();
        foreach (var (parameter, field, _) in s_fields)
        {
            if (Asked(query, parameter, errors) is { } asked && (parameter != "allowed" || IsFlag(parameter, asked.Value, errors)))
            {
                filters.Add(new AccessRequestFilter { Field = field, Value = field == "country" ? asked.Value.ToUpperInvariant() : asked.Value, Not = asked.Operator == "neq" });
            }
        }

        AddEmail(query, filters, errors);
        AddType(query, snapshot, filters, errors);
        AddNonIdentity(query, filters, errors);
        return filters;
    }

    /// <summary>Describes the parameters on the route.</summary>
    public static void DescribeTo<TBuilder>(TBuilder route)
        where TBuilder : IEndpointConventionBuilder
    {
        foreach (var (parameter, description) in s_fields.Select(filter => (filter.Parameter, filter.Description)).Concat(s_others))
        {
            route.Describe(parameter, "string", description).Describe(parameter + "Op", "string", parameter == "email" ? "eq, neq or contains." : "eq (default) or neq.");
        }

        route.Describe("email_exact", "boolean", "Whether email is the whole address.").Describe("since", "string", "A time (RFC 3339).").Describe("until", "string", "A time (RFC 3339).")
            .Describe("direction", "string", "desc (default) or asc.").Describe("fields", "string", "Only these members, separated by commas.")
            .Describe("page", "integer", "From 1.").Describe("per_page", "integer", "1 to 1000.").Describe("limit", "integer", "The older name of per_page.");
    }

    private static void AddEmail(IQueryCollection query, List<AccessRequestFilter> filters, List<ApiError> errors)
    {
        var exact = query["email_exact"].ToString();
        if (exact.Length > 0 && !IsFlag("email_exact", exact, errors))
        {
            return;
        }

        // neq alone excludes by part; with email_exact, which also outdoes contains, it excludes one address.
        if (Asked(query, "email", errors, "eq", "neq", "contains") is { } asked)
        {
            var whole = exact == "true" || asked.Operator == "eq";
            filters.Add(new AccessRequestFilter { Field = whole ? "email" : "email_part", Value = asked.Value, Not = asked.Operator == "neq" });
        }
    }

    private static void AddType(IQueryCollection query, ConfigurationSnapshot snapshot, List<AccessRequestFilter> filters, List<ApiError> errors)
    {
        if (Asked(query, "app_type", errors) is not { } asked)
        {
            return;
        }

        if (!s_types.TryGetValue(asked.Value, out var type))
        {
            errors.Add(ApiErrors.InvalidRequest($"app_type is one of {string.Join(", ", s_types.Keys)}"));
            return;
        }

        var ids = snapshot.Applications.Values.Where(application => application.Type == type).Select(application => application.Id.ToString("D"));
        filters.Add(new AccessRequestFilter { Field = "app_id_any", Value = string.Join(',', ids), Not = asked.Operator == "neq" });
    }

    // Service tokens log nobody in: nothing of theirs is in this log, as in the original. So it is all or nothing.
    private static void AddNonIdentity(IQueryCollection query, List<AccessRequestFilter> filters, List<ApiError> errors)
    {
        if (Asked(query, "non_identity", errors) is { } asked && IsFlag("non_identity", asked.Value, errors) && asked.Value == "true" != (asked.Operator == "neq"))
        {
            filters.Add(new AccessRequestFilter { Field = "app_id_any", Value = "" });
        }
    }

    private static bool IsFlag(string parameter, string value, List<ApiError> errors)
    {
        if (value is "true" or "false")
        {
            return true;
        }

        errors.Add(ApiErrors.InvalidRequest($"{parameter} is true or false"));
        return false;
    }

    private static (string Value, string Operator)? Asked(IQueryCollection query, string parameter, List<ApiError> errors, params string[] operators)
    {
        string[] known = operators.Length == 0 ? ["eq", "neq"] : operators;
        var (value, operation) = (query[parameter].ToString(), query[parameter + "Op"].ToString());
        if (operation.Length > 0 && !known.Contains(operation))
        {
            errors.Add(ApiErrors.InvalidRequest($"{parameter}Op is one of {string.Join(", ", known)}"));
            return null;
        }

        return value.Length == 0 ? null : (value, operation);
    }
}
