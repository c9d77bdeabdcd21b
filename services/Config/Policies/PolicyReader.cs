using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Policies;

/// <summary>Reads and validates a policy from a request body.</summary>
public static class PolicyReader
{
    private static readonly TimeSpan s_longestSession = TimeSpan.FromHours(8760);

    public static Policy Read(BodyReader reader, Guid id, bool reusable, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var name = reader.RequiredText("name", 200);
        var decision = Decision(reader);
        var policy = new Policy
        {
            Id = id,
            Name = name,
            Decision = decision,
            Include = RuleReader.Include(reader, snapshot, rule => Misfit(decision, rule, isIncluded: true)),
            Require = RuleReader.Read(reader, "require", snapshot, rule => Misfit(decision, rule)),
            Exclude = RuleReader.Read(reader, "exclude", snapshot, rule => Misfit(decision, rule)),
            SessionDuration = reader.OptionalText("session_duration") is null ? null : reader.Duration("session_duration", "24h", TimeSpan.Zero, s_longestSession),
            Reusable = reusable,
        };
        UnservedPolicyFields.Check(reader);
        return policy;
    }

    private static PolicyAction Decision(BodyReader reader)
    {
        switch (reader.RequiredText("decision", 20))
        {
            case "allow": return PolicyAction.Allow;
            case "deny": return PolicyAction.Deny;
            case "non_identity": return PolicyAction.NonIdentity;
            case "bypass": return PolicyAction.Bypass;
            case "": return PolicyAction.Deny;
            default:
                reader.Refuse("decision", "decision is allow, deny, non_identity or bypass");
                return PolicyAction.Deny;
        }
    }

    // Nobody has logged in when bypass and non_identity are decided: a rule about a user could never match, or never exclude.
    private static string? Misfit(PolicyAction decision, Rule rule, bool isIncluded = false) => (decision, rule) switch
    {
        (PolicyAction.Bypass or PolicyAction.NonIdentity, { NeedsUser: true }) => "bypass and non_identity policies have no rules about users",
        (PolicyAction.Bypass or PolicyAction.NonIdentity, _) => null,
        (_, Rule.ServiceToken or Rule.AnyValidServiceToken) when isIncluded => "service token rules belong to non_identity policies",
        (_, Rule.LinkedAppToken) => "linked_app_token rules belong to non_identity and bypass policies",
        _ => null,
    };
}
