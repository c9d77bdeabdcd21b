using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.CustomPages;

/// <summary>Pages in an organization's own words: <c>/access/custom_pages</c>.</summary>
public sealed class CustomPageKind : ObjectKind<CustomPage, CustomPageObject>
{
    public override string Name => "custom_page";

    public override string Path => "custom_pages";

    public override object Created(CustomPage state) => new CustomPageCreated(state);

    public override object Changed(CustomPage state) => new CustomPageChanged(state);

    public override object Removed(Guid id) => new CustomPageRemoved(id);

    public override Guid IdOf(CustomPage state) => state.Id;

    public override DateTimeOffset CreatedAt(CustomPage state) => state.CreatedAt;

    public override CustomPage Stamp(CustomPage state, long version, DateTimeOffset createdAt, DateTimeOffset updatedAt)
        => state with { Version = version, CreatedAt = createdAt, UpdatedAt = updatedAt };

    public override IEnumerable<CustomPage> All(ConfigurationSnapshot snapshot)
        => snapshot.CustomPages.Values.OrderBy(item => item.CreatedAt).ThenBy(item => item.Id);

    /// <summary>With <c>uid</c>, as the original calls it, and how many applications show the page.</summary>
    public override JsonNode Show(CustomPage state, ConfigurationSnapshot snapshot)
    {
        var node = ApiEnvelope.ToNode(state, ConfigurationJson.Default.CustomPage).AsObject();
        node["uid"] = state.Id;
        node["app_count"] = Users(state.Id, snapshot).Count();
        return node;
    }

    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => Users(id, snapshot).FirstOrDefault() is { } user ? $"the page is shown by the application {user.Name}"
            : snapshot.Organization?.CustomPages is { } pages && (pages.Forbidden == id || pages.IdentityDenied == id) ? "the page is the organization's"
            : null;

    private static IEnumerable<Application> Users(Guid id, ConfigurationSnapshot snapshot)
        => snapshot.Applications.Values.Where(application => application.CustomPages.Contains(id));

    public override RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);
}
