using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.CustomPages;

/// <summary>Pages in an organization's own words: <c>/access/custom_pages</c>.</summary>
public sealed class CustomPageKind : ObjectKind<CustomPage, CustomPageObject>
{
    /// <summary>Longest document, in characters.</summary>
    public const int MaximumHtml = 256 * 1024;

    public override string Name => "custom_page";

    public override string Path => "custom_pages";

    public override object Created(CustomPage state) => new CustomPageCreated(state);

    public override object Changed(CustomPage state) => new CustomPageChanged(state);

    public override object Removed(Guid id) => new CustomPageRemoved(id);

    public override IReadOnlyDictionary<Guid, CustomPage> In(ConfigurationSnapshot snapshot) => snapshot.CustomPages;

    protected override JsonTypeInfo<CustomPage> Json => ConfigurationJson.Default.CustomPage;

    public override CustomPage Read(BodyReader body, Guid id, CustomPage? existing, ConfigurationDraft draft)
    {
        ArgumentNullException.ThrowIfNull(body);
        return new CustomPage { Id = id, Name = body.RequiredText("name", 200), Type = Type(body), CustomHtml = body.Document("custom_html", MaximumHtml) };
    }

    /// <summary>With <c>uid</c>, as the original calls it, and how many applications show the page.</summary>
    public override JsonNode Show(CustomPage state, ConfigurationSnapshot snapshot)
    {
        var node = base.Show(state, snapshot).AsObject();
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

    public override ObjectShape Shape { get; } = new()
    {
        Answered = new Dictionary<string, string> { ["uid"] = ObjectShape.Uuid, ["app_count"] = """{"type":"integer"}""" },
        Required = ["name", "type", "custom_html"],
    };

    public override RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);

    private static CustomPageType Type(BodyReader body)
    {
        switch (body.RequiredText("type", 40))
        {
            case "forbidden": return CustomPageType.Forbidden;
            case "identity_denied" or "": return CustomPageType.IdentityDenied;
            default:
                body.Refuse("type", "type is identity_denied or forbidden");
                return CustomPageType.IdentityDenied;
        }
    }
}
