using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>
/// Who gets into the dashboard and what they may do there is decided by ordinary objects: the application on its domain, its policies, the groups and
/// lists that those name, and the groups of <c>dashboard_permissions</c>. Whoever changes one of them could let themselves in, so it takes what the
/// dashboard gives.
/// </summary>
public static class DashboardPowers
{
    /// <summary>What a change needs besides the permission of its route; nothing where it leaves alone what decides about the dashboard.</summary>
    /// <param name="before">The configuration before it.</param>
    /// <param name="after">The configuration with it.</param>
    /// <param name="origin">Scheme and authority of the dashboard, as the edge has them.</param>
    public static IReadOnlyList<ApiPermission> NeededFor(ConfigurationSnapshot before, ConfigurationSnapshot after, string origin)
        => Deciding(before, origin).SetEquals(Deciding(after, origin)) ? [] : DashboardAuthority.Given(before);

    // Each with its version: an object that is another now decides otherwise, or may.
    private static HashSet<(Guid Id, long Version)> Deciding(ConfigurationSnapshot snapshot, string origin)
    {
        var found = new HashSet<(Guid, long)>();
        var groups = new Queue<Guid>((snapshot.Organization?.DashboardPermissions ?? []).Select(entry => entry.GroupId));
        foreach (var application in DashboardDoor.Find(snapshot, origin))
        {
            found.Add((application.Id, application.Version));
            foreach (var (id, policy) in snapshot.PolicyReferencesOf(application))
            {
                found.Add((id, policy?.Version ?? 0));
                Add(policy is null ? [] : RuleUsers.RulesOf(policy));
            }
        }

        while (groups.TryDequeue(out var id))
        {
            var group = snapshot.Groups.GetValueOrDefault(id);
            if (found.Add((id, group?.Version ?? 0)) && group is not null)
            {
                Add(RuleUsers.RulesOf(group));
            }
        }

        return found;

        void Add(IEnumerable<Rule> rules)
        {
            foreach (var rule in rules)
            {
                if (rule is Rule.InGroup group)
                {
                    groups.Enqueue(group.Id);
                }
                else if (rule.ListId is { } list)
                {
                    found.Add((list, snapshot.Lists.GetValueOrDefault(list)?.Version ?? 0));
                }
            }
        }
    }
}
