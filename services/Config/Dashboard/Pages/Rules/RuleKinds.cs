namespace ManagedOAuth.Config.Dashboard.Pages.Rules;

/// <summary>Where the choices of a rule's input come from.</summary>
public enum RuleSource
{
    /// <summary>Typed in.</summary>
    Text,
    Groups,
    IdentityProviders,
    ServiceTokens,
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

/// <summary>The kinds of the rule builder. Rules of other kinds are shown as JSON and kept as they are.</summary>
public static class RuleKinds
{
    public static readonly IReadOnlyList<RuleKind> All =
    [
        new("email", "E-mail address", new RuleInput("email", "Address", "alice@example.com")),
        new("email_domain", "E-mail domain", new RuleInput("domain", "Domain", "example.com")),
        new("everyone", "Everyone"),
        new("group", "Group", new RuleInput("id", "Group", Source: RuleSource.Groups)),
        new("login_method", "Identity provider", new RuleInput("id", "Identity provider", Source: RuleSource.IdentityProviders)),
        new("oidc", "Claim", new RuleInput("identity_provider_id", "Identity provider", Source: RuleSource.IdentityProviders), new RuleInput("claim_name", "Name of the claim", "department"), new RuleInput("claim_value", "Value", "engineering")),
        new("ip", "IP range", new RuleInput("ip", "Network in CIDR notation", "203.0.113.0/24")),
        new("service_token", "Service token", new RuleInput("token_id", "Service token", Source: RuleSource.ServiceTokens)),
        new("any_valid_service_token", "Any valid service token"),
    ];

    public static RuleKind? Find(string kind) => All.FirstOrDefault(known => known.Kind == kind);
}
