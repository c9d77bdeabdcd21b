using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>Policies in words.</summary>
public static class PolicyWords
{
    public static string Decision(JsonObject policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return (string?)policy["decision"] switch
        {
            "allow" => "Allow",
            "deny" => "Block",
            "non_identity" => "Service Auth",
            "bypass" => "Bypass",
            _ => "unknown",
        };
    }

    public static string Tone(JsonObject policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return (string?)policy["decision"] switch
        {
            "allow" => "good",
            "deny" => "bad",
            "bypass" => "warn",
            _ => "info",
        };
    }

    /// <summary>Whom the policy is about, in one line.</summary>
    public static string Who(JsonObject policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var parts = new List<string>(3);
        Add(parts, policy, "include", "", " or ");
        Add(parts, policy, "require", "only with ", " and ");
        Add(parts, policy, "exclude", "not ", " nor ");
        return string.Join("; ", parts);
    }

    /// <summary>The values of a rule, without what only other objects know.</summary>
    public static string Rule(JsonObject rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var (kind, body) = rule.FirstOrDefault();
        string Member(string name) => (string?)(body as JsonObject)?[name] ?? "";
        return kind switch
        {
            "email" => Member("email"),
            "email_domain" => $"anyone at {Member("domain")}",
            "everyone" => "everyone",
            "ip" => $"from {Member("ip")}",
            "group" => "a group",
            "login_method" => "an identity provider",
            "email_list" => "a list of addresses",
            "ip_list" => "from a list of networks",
            "auth_method" => $"signed in with {Member("auth_method")}",
            "github-organization" => $"GitHub {Member("name")}{(Member("team").Length == 0 ? "" : "/" + Member("team"))}",
            "okta" => $"Okta group {Member("name")}",
            "azureAD" => $"Entra group {Member("id")}",
            "gsuite" => $"Google group {Member("email")}",
            "saml" => $"{Member("attribute_name")} = {Member("attribute_value")}",
            "geo" => $"in {Member("country_code")}",
            "common_name" => $"certificate of {Member("common_name")}",
            "external_evaluation" => $"asks {Member("evaluate_url")}",
            "service_token" => "a service token",
            "any_valid_service_token" => "any valid service token",
            "oidc" => $"{Member("claim_name")} = {Member("claim_value")}",
            null => "",
            _ => kind.Replace('_', ' '),
        };
    }

    private static void Add(List<string> parts, JsonObject policy, string list, string prefix, string separator)
    {
        if (policy[list] is JsonArray { Count: > 0 } rules)
        {
            const int Shown = 3;
            var words = rules.OfType<JsonObject>().Take(Shown).Select(Rule);
            parts.Add(prefix + string.Join(separator, words) + (rules.Count > Shown ? $" and {rules.Count - Shown} more" : ""));
        }
    }
}
