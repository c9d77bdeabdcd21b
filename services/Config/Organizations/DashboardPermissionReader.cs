using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Organizations;

/// <summary>Reads <c>dashboard_permissions</c> of the organization: which group may do what at the dashboard.</summary>
public static class DashboardPermissionReader
{
    private const string Member = "dashboard_permissions";
    private const int MaximumEntries = 50;

    /// <summary>The entries; null where the member is null, and whoever is let in may do everything.</summary>
    public static IReadOnlyList<DashboardPermission>? Read(BodyReader organization, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(organization);
        ArgumentNullException.ThrowIfNull(snapshot);
        if (organization.IsNull(Member))
        {
            return null;
        }

        var entries = new List<DashboardPermission>();
        foreach (var (item, index) in organization.Items(Member, MaximumEntries).Select((item, index) => (item, index)))
        {
            var entry = organization.Item(Member, index, item);
            var text = entry.RequiredText("group_id", 40);
            if (!Guid.TryParse(text, out var group) || !snapshot.Groups.ContainsKey(group))
            {
                entry.Refuse("group_id", $"there is no group {text}");
            }

            var names = entry.Texts("permissions", ApiPermissions.All.Count, 100);
            var permissions = names.Select(ApiPermissions.Find).OfType<ApiPermission>().Distinct().ToList();
            if (names.Count == 0 || names.Any(name => ApiPermissions.Find(name) is null))
            {
                entry.Refuse("permissions", $"permissions are one or more of {string.Join(", ", ApiPermissions.All.Select(known => known.Id))}");
            }

            entries.Add(new DashboardPermission { GroupId = group, Permissions = permissions });
        }

        return entries;
    }

    /// <summary>Refuses a change of who may do what by somebody who may not do everything: it would be the way to more.</summary>
    public static void RefuseUnlessAllPowerful(BodyReader body, Organization? existing, Organization changed, ApiCaller? caller)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(changed);
        if (!IsSame(existing?.DashboardPermissions, changed.DashboardPermissions) && caller?.Permissions.Hold(ApiPermission.Write) != true)
        {
            body.Refuse(Member, $"only who has the permission write changes {Member}");
        }
    }

    private static bool IsSame(IReadOnlyList<DashboardPermission>? one, IReadOnlyList<DashboardPermission>? other)
        => one is null || other is null
            ? one is null && other is null
            : one.Count == other.Count && one.Zip(other).All(pair => pair.First.GroupId == pair.Second.GroupId && pair.First.Permissions.SequenceEqual(pair.Second.Permissions));
}
