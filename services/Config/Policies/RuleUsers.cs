using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Policies;

/// <summary>Finds whose rules refer to an object, so that nothing is removed on which a decision depends.</summary>
public static class RuleUsers
{
    /// <summary>The first policy or group with such a rule, in words (<c>the policy Admins</c>); null when there is none.</summary>
    public static string? First(ConfigurationSnapshot snapshot, Func<Rule, bool> refers)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(refers);
        if (snapshot.Policies.Values.FirstOrDefault(policy => RulesOf(policy).Any(refers)) is { } policy)
        {
            return $"the policy {policy.Name}";
        }

        return snapshot.Groups.Values.FirstOrDefault(group => RulesOf(group).Any(refers)) is { } group ? $"the group {group.Name}" : null;
    }

    /// <summary>All rules of a policy, whatever list they stand in.</summary>
    public static IEnumerable<Rule> RulesOf(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Include.Concat(policy.Require).Concat(policy.Exclude);
    }

    /// <summary>All rules of a group, whatever list they stand in.</summary>
    public static IEnumerable<Rule> RulesOf(Group group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return group.Include.Concat(group.Require).Concat(group.Exclude);
    }
}
