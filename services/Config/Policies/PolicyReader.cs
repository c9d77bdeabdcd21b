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
        var policy = new Policy
        {
            Id = id,
            Name = reader.RequiredText("name", 200),
            Decision = Decision(reader),
            Include = RuleReader.Read(reader, "include", snapshot),
            Require = RuleReader.Read(reader, "require", snapshot),
            Exclude = RuleReader.Read(reader, "exclude", snapshot),
            SessionDuration = reader.OptionalText("session_duration") is null ? null : reader.Duration("session_duration", "24h", TimeSpan.Zero, s_longestSession),
            Reusable = reusable,
        };
        CheckRules(reader, policy);
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

    private static void CheckRules(BodyReader reader, Policy policy)
    {
        if (policy.Include.Count == 0 && reader.Items("include", int.MaxValue).Count == 0)
        {
            reader.Refuse("include", "include needs at least one rule");
        }

        // Nobody has logged in when these are decided: a rule about a user could never match, or never exclude.
        if (policy.Decision is PolicyAction.Bypass or PolicyAction.NonIdentity)
        {
            Refuse(reader, "include", policy.Include, IsAboutUsers, "bypass and non_identity policies have no rules about users");
            Refuse(reader, "require", policy.Require, IsAboutUsers, "bypass and non_identity policies have no rules about users");
            Refuse(reader, "exclude", policy.Exclude, IsAboutUsers, "bypass and non_identity policies have no rules about users");
        }
        else
        {
            Refuse(reader, "include", policy.Include, IsAboutServiceTokens, "service token rules belong to non_identity policies");
            Refuse(reader, "include", policy.Include, IsAboutLinks, "linked_app_token rules belong to non_identity and bypass policies");
            Refuse(reader, "require", policy.Require, IsAboutLinks, "linked_app_token rules belong to non_identity and bypass policies");
            Refuse(reader, "exclude", policy.Exclude, IsAboutLinks, "linked_app_token rules belong to non_identity and bypass policies");
        }
    }

    private static void Refuse(BodyReader reader, string list, IReadOnlyList<Rule> rules, Func<Rule, bool> wrong, string reason)
    {
        for (var index = 0; index < rules.Count; index++)
        {
            if (wrong(rules[index]))
            {
                reader.Refuse($"{list}/{index}", reason);
            }
        }
    }

    private static bool IsAboutUsers(Rule rule) => rule.NeedsUser;

    private static bool IsAboutLinks(Rule rule) => rule is Rule.LinkedAppToken;

    private static bool IsAboutServiceTokens(Rule rule) => rule is Rule.ServiceToken or Rule.AnyValidServiceToken;
}
