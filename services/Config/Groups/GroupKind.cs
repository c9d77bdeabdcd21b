using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Groups;

/// <summary>Groups of rules: <c>/access/groups</c>.</summary>
public sealed class GroupKind : ObjectKind<Group, GroupObject>
{
    public override string Name => "group";

    public override string Path => "groups";

    public override object Created(Group state) => new GroupCreated(state);

    public override object Changed(Group state) => new GroupChanged(state);

    public override object Removed(Guid id) => new GroupRemoved(id);

    public override IReadOnlyDictionary<Guid, Group> In(ConfigurationSnapshot snapshot) => snapshot.Groups;

    protected override JsonTypeInfo<Group> Json => ConfigurationJson.Default.Group;

    public override Group Read(BodyReader body, Guid id, Group? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return GroupReader.Read(body, id, draft.Snapshot);
    }

    // A rule that names a missing group can no longer be decided, and what is not decided does not admit: removing a used group would lock people out.
    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => RuleUsers.First(snapshot, rule => rule is Rule.InGroup group && group.Id == id) is { } user ? $"the group is used by {user}"
            : snapshot.Organization?.DashboardPermissions?.Any(entry => entry.GroupId == id) == true ? "the group is used by the organization's dashboard_permissions"
            : null;

    public override RequiredPermission Permissions { get; } = new(ApiPermission.OrganizationsRead, ApiPermission.OrganizationsWrite);
}
