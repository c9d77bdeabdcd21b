using System.Globalization;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Policies;

/// <summary>Finds whose rules refer to an object, so that nothing is removed on which a decision depends.</summary>
public static class RuleUsers
{
    /// <summary>The first policy or group with such a rule, and how many there are besides (<c>the policy Admins and 3 others</c>); null when there is none.</summary>
    public static string? First(ConfigurationSnapshot snapshot, Func<Rule, bool> refers)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(refers);
        var users = snapshot.Policies.Values.Where(policy => RulesOf(policy).Any(refers)).Select(policy => $"the policy {policy.Name}")
            .Concat(snapshot.Groups.Values.Where(group => RulesOf(group).Any(refers)).Select(group => $"the group {group.Name}"))
            .ToList();
        return users.Count switch
        {
            0 => null,
            1 => users[0],
            _ => string.Create(CultureInfo.InvariantCulture, $"{users[0]} and {users.Count - 1} {(users.Count == 2 ? "other" : "others")}"),
        };
    }

    /// <summary>As <see cref="First"/>: whose rules admit what comes by an application. Its own policies, which go with it, do not count.</summary>
    public static string? OfLinks(Guid application, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var own = snapshot.Applications.TryGetValue(application, out var found) ? snapshot.PoliciesOf(found).Where(policy => !policy.Reusable).Select(policy => policy.Id) : [];
        return First(snapshot with { Policies = snapshot.Policies.RemoveRange(own) }, rule => rule is Rule.LinkedAppToken link && link.AppUid == application);
    }

    /// <summary>The applications whose policies speak of a service token, by its name or of any.</summary>
    public static IReadOnlyList<Guid> ApplicationsThatName(ConfigurationSnapshot snapshot, Guid serviceToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return [.. snapshot.Applications.Values
            .Where(application => ReachableRules.Of(snapshot, application).Any(rule => rule is Rule.AnyValidServiceToken || (rule is Rule.ServiceToken named && named.TokenId == serviceToken)))
            .Select(application => application.Id)];
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
