using System.Collections.Immutable;
using System.Net;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>
/// What somebody may do at the dashboard whom its application let in: everything while the organization says nothing about it, and otherwise what
/// the groups give that they are certainly in. Groups are decided as in a policy, but for lists: whoever may write applications writes those too,
/// and would have a way to more.
/// </summary>
public static class DashboardAuthority
{
    private static readonly IReadOnlyList<ApiPermission> s_everything = [ApiPermission.Write];

    /// <summary>The permissions; none is possible.</summary>
    /// <param name="snapshot">The configuration to decide on.</param>
    /// <param name="identity">The user, as the edge verified them.</param>
    /// <param name="address">Where they come from.</param>
    public static IReadOnlyList<ApiPermission> PermissionsOf(ConfigurationSnapshot snapshot, Identity identity, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(identity);
        if (snapshot.Organization?.DashboardPermissions is not { } entries)
        {
            return s_everything;
        }

        var decided = snapshot with { Lists = snapshot.Lists.Clear() };
        return [.. entries.Where(entry => IsMember(decided, entry.GroupId, identity, address)).SelectMany(entry => entry.Permissions).Distinct()];
    }

    /// <summary>The most that anybody may do there.</summary>
    public static IReadOnlyList<ApiPermission> Given(ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Organization?.DashboardPermissions is { } entries ? [.. entries.SelectMany(entry => entry.Permissions).Distinct()] : s_everything;
    }

    private static bool IsMember(ConfigurationSnapshot snapshot, Guid group, Identity identity, IPAddress address)
    {
        var policy = new Policy { Id = Guid.NewGuid(), Name = "", Decision = PolicyAction.Allow, Include = [new Rule.InGroup(group)] };
        var door = new Application { Id = Guid.Empty, Aud = "", Name = "", Domain = "", Policies = [new PolicyReference(policy.Id, 1)] };
        var imagined = snapshot with { Policies = ImmutableDictionary<Guid, Policy>.Empty.Add(policy.Id, policy) };
        return PolicyEvaluator.Evaluate(imagined, door, identity, new RequestFacts { ClientAddress = address }).AdmitsUser;
    }
}
