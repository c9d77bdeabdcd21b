using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Contracts.Policies;
using Marten.Events;

namespace ManagedOAuth.Config.Groups;

/// <summary>Groups of rules: <c>/access/groups</c>.</summary>
public sealed class GroupKind : ObjectKind<Group, GroupObject>
{
    public override string Name => "group";

    public override string Path => "groups";

    public override object Created(Group state) => new GroupCreated(state);

    public override object Changed(Group state) => new GroupChanged(state);

    public override object Removed(Guid id) => new GroupRemoved(id);

    public override Guid IdOf(Group state) => state.Id;

    public override DateTimeOffset CreatedAt(Group state) => state.CreatedAt;

    public override Group Stamp(Group state, long version, DateTimeOffset createdAt, DateTimeOffset updatedAt)
        => state with { Version = version, CreatedAt = createdAt, UpdatedAt = updatedAt };

    public override IEnumerable<Group> All(ConfigurationSnapshot snapshot)
        => snapshot.Groups.Values.OrderBy(group => group.CreatedAt).ThenBy(group => group.Id);

    public override JsonNode Show(Group state, ConfigurationSnapshot snapshot) => ApiEnvelope.ToNode(state, ConfigurationJson.Default.Group);

    // A rule that names a missing group can no longer be decided, and what is not decided does not admit: removing a used group would lock people out.
    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => RuleUsers.First(snapshot, rule => rule is Rule.InGroup group && group.Id == id) is { } user ? $"the group is used by {user}" : null;

    public override RequiredPermission Permissions { get; } = new(ApiPermission.OrganizationsRead, ApiPermission.OrganizationsWrite);

    public override Task<Group> RestoreAsync(BodyReader body, Group old, Group last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(change);
        GroupReader.Read(body, old.Id, change.Snapshot);
        return Task.FromResult(old);
    }
}
