using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten.Events;

namespace ManagedOAuth.Config.Tags;

/// <summary>Words that applications are sorted by: <c>/access/tags</c>.</summary>
public sealed class TagKind : ObjectKind<Tag, TagObject>
{
    public override string Name => "tag";

    public override string Path => "tags";

    public override object Created(Tag state) => new TagCreated(state);

    public override object Changed(Tag state) => new TagChanged(state);

    public override object Removed(Guid id) => new TagRemoved(id);

    public override Guid IdOf(Tag state) => state.Id;

    public override DateTimeOffset CreatedAt(Tag state) => state.CreatedAt;

    public override Tag Stamp(Tag state, long version, DateTimeOffset createdAt, DateTimeOffset updatedAt)
        => state with { Version = version, CreatedAt = createdAt, UpdatedAt = updatedAt };

    public override IEnumerable<Tag> All(ConfigurationSnapshot snapshot)
        => snapshot.Tags.Values.OrderBy(item => item.CreatedAt).ThenBy(item => item.Id);

    public override JsonNode Show(Tag state, ConfigurationSnapshot snapshot)
    {
        var node = ApiEnvelope.ToNode(state, ConfigurationJson.Default.Tag).AsObject();
        node["app_count"] = Users(state.Name, snapshot).Count();
        return node;
    }

    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => snapshot.Tags.TryGetValue(id, out var tag) && Users(tag.Name, snapshot).FirstOrDefault() is { } user
            ? $"the tag is on the application {user.Name}; take it off there first"
            : null;

    /// <summary>The applications that carry a tag.</summary>
    public static IEnumerable<Application> Users(string name, ConfigurationSnapshot snapshot)
        => snapshot.Applications.Values.Where(application => application.Tags.Contains(name, StringComparer.Ordinal));

    public override RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);

    public override Task<Tag> RestoreAsync(BodyReader body, Tag old, Tag last, bool removed, IEvent at, ConfigurationChange change, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(change);
        TagEndpoints.Read(body, old.Id, removed ? null : last, change.Snapshot);
        return Task.FromResult(old);
    }
}
