using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>The rules that can have a say at an application, those inside of groups included; references to groups themselves left out.</summary>
public static class ReachableRules
{
    public static IEnumerable<Rule> Of(ConfigurationSnapshot snapshot, Application application)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var seen = new HashSet<Guid>();
        return snapshot.PoliciesOf(application).SelectMany(policy => Flatten(snapshot, policy.Include.Concat(policy.Require).Concat(policy.Exclude), seen));
    }

    private static IEnumerable<Rule> Flatten(ConfigurationSnapshot snapshot, IEnumerable<Rule> rules, HashSet<Guid> seen)
    {
        foreach (var rule in rules)
        {
            if (rule is not Rule.InGroup reference)
            {
                yield return rule;
            }
            else if (seen.Add(reference.Id) && snapshot.Groups.TryGetValue(reference.Id, out var group))
            {
                foreach (var inner in Flatten(snapshot, group.Include.Concat(group.Require).Concat(group.Exclude), seen))
                {
                    yield return inner;
                }
            }
        }
    }
}
