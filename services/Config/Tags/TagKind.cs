using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.Tags;

/// <summary>Words that applications are sorted by: <c>/access/tags</c>.</summary>
public sealed class TagKind : ObjectKind<Tag, TagObject>
{
    private readonly LastResult<ImmutableDictionary<Guid, Application>, Dictionary<string, int>> _users =
        new(applications => applications.Values.SelectMany(application => application.Tags.Distinct(StringComparer.Ordinal)).CountBy(tag => tag, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal));

    public override string Name => "tag";

    public override string Path => "tags";

    public override object Created(Tag state) => new TagCreated(state);

    public override object Changed(Tag state) => new TagChanged(state);

    public override object Removed(Guid id) => new TagRemoved(id);

    public override IReadOnlyDictionary<Guid, Tag> In(ConfigurationSnapshot snapshot) => snapshot.Tags;

    protected override JsonTypeInfo<Tag> Json => ConfigurationJson.Default.Tag;

    /// <summary>Applications name tags by their text, so one that is in use keeps its own.</summary>
    public override Tag Read(BodyReader body, Guid id, Tag? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(draft);
        var name = body.RequiredText("name", 35);
        if (draft.Snapshot.Tags.Values.Any(other => other.Id != id && other.Name == name))
        {
            body.Refuse("name", $"there is a tag {name} already");
        }

        if (existing is not null && existing.Name != name && Users(existing.Name, draft.Snapshot).Any())
        {
            body.Refuse("name", "a tag that applications carry keeps its name; make a new one");
        }

        return new Tag { Id = id, Name = name };
    }

    public override JsonNode Show(Tag state, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var node = base.Show(state, snapshot).AsObject();
        node["app_count"] = _users.Of(snapshot.Applications).GetValueOrDefault(state.Name);
        return node;
    }

    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => snapshot.Tags.TryGetValue(id, out var tag) && Users(tag.Name, snapshot).FirstOrDefault() is { } user
            ? $"the tag is on the application {user.Name}; take it off there first"
            : null;

    /// <summary>The applications that carry a tag.</summary>
    public static IEnumerable<Application> Users(string name, ConfigurationSnapshot snapshot)
        => snapshot.Applications.Values.Where(application => application.Tags.Contains(name, StringComparer.Ordinal));

    public override ObjectShape Shape { get; } = new() { Answered = new Dictionary<string, string> { ["app_count"] = """{"type":"integer"}""" } };

    public override RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);
}
