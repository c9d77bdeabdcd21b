using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Dashboard.Pages.Rules;

/// <summary>Where the choices of a rule's input come from.</summary>
public enum RuleSource
{
    /// <summary>Typed in.</summary>
    Text,
    Groups,
    IdentityProviders,
    ServiceTokens,
    EmailLists,
    IpLists,
    Applications,
}

/// <summary>One input of a rule.</summary>
/// <param name="Member">Its member in JSON.</param>
/// <param name="Label">Read to those who do not see the placeholder.</param>
/// <param name="Placeholder">An example.</param>
/// <param name="Source">Where its choices come from.</param>
public sealed record RuleInput(string Member, string Label, string Placeholder = "", RuleSource Source = RuleSource.Text);

/// <summary>A kind of rule that the builder knows.</summary>
/// <param name="Kind">The member that names it in JSON.</param>
/// <param name="Label">In words.</param>
/// <param name="Inputs">What it needs.</param>
public sealed record RuleKind(string Kind, string Label, params IReadOnlyList<RuleInput> Inputs);

/// <summary>
/// The kinds of the rule builder: a row is a kind and the form of its values. Rules of other kinds are shown as JSON and kept as they are; kinds that
/// cannot be evaluated here are not offered.
/// </summary>
public static class RuleKinds
{
    private static readonly RuleInput s_provider = new("identity_provider_id", "Identity provider", Source: RuleSource.IdentityProviders);

    private static readonly IReadOnlyList<RuleKind> s_known =
    [
        new("email", "E-mail address", new RuleInput("email", "Address", "alice@example.com")),
        new("email_domain", "E-mail domain", new RuleInput("domain", "Domain", "example.com")),
        new("email_list", "E-mail list", new RuleInput("id", "List", Source: RuleSource.EmailLists)),
        new("everyone", "Everyone"),
        new("group", "Group", new RuleInput("id", "Group", Source: RuleSource.Groups)),
        new("login_method", "Identity provider", new RuleInput("id", "Identity provider", Source: RuleSource.IdentityProviders)),
        new("auth_method", "Authentication method", new RuleInput("auth_method", "Method (RFC 8176)", "mfa")),
        new("oidc", "Claim", s_provider, new RuleInput("claim_name", "Name of the claim", "department"), new RuleInput("claim_value", "Value", "engineering")),
        new("github-organization", "GitHub organization", s_provider, new RuleInput("name", "Organization", "example"), new RuleInput("team", "Team, or nothing", "backend")),
        new("okta", "Okta group", s_provider, new RuleInput("name", "Group", "engineering")),
        new("azureAD", "Entra group", s_provider, new RuleInput("id", "Id of the group", "8b6f...")),
        new("gsuite", "Google group", s_provider, new RuleInput("email", "Address of the group", "engineering@example.com")),
        new("saml", "Attribute", s_provider, new RuleInput("attribute_name", "Name of the attribute", "department"), new RuleInput("attribute_value", "Value", "engineering")),
        new("ip", "IP range", new RuleInput("ip", "Network in CIDR notation", "203.0.113.0/24")),
        new("ip_list", "IP list", new RuleInput("id", "List", Source: RuleSource.IpLists)),
        new("geo", "Country", new RuleInput("country_code", "Country (ISO 3166)", "DE")),
        new("service_token", "Service token", new RuleInput("token_id", "Service token", Source: RuleSource.ServiceTokens)),
        new("any_valid_service_token", "Any valid service token"),
        new("linked_app_token", "Token of another application", new RuleInput("app_uid", "Application", Source: RuleSource.Applications)),
        new("certificate", "Client certificate"),
        new("common_name", "Name in a client certificate", new RuleInput("common_name", "Common name", "build.example.com")),
        new("external_evaluation", "External evaluation", new RuleInput("evaluate_url", "Address that is asked", "https://rules.example.com/evaluate"), new RuleInput("keys_url", "Address of its keys", "https://rules.example.com/keys")),
    ];

    public static readonly IReadOnlyList<RuleKind> All = [.. s_known.Where(known => !RuleJsonConverter.UnsupportedKinds.ContainsKey(known.Kind))];

    public static RuleKind? Find(string kind) => All.FirstOrDefault(known => known.Kind == kind);
}
