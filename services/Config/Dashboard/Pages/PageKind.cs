using System.Globalization;

namespace ManagedOAuth.Config.Dashboard.Pages;

/// <summary>A kind of objects that have pages.</summary>
/// <param name="Name">As in the feed of changes.</param>
/// <param name="Noun">In a sentence.</param>
/// <param name="Path">The page with all of them.</param>
/// <param name="Title">That page's title.</param>
/// <param name="ApiPath">The collection in the admin API.</param>
public sealed record PageKind(string Name, string Noun, string Path, string Title, string ApiPath)
{
    /// <summary>Where one of them has a page of its own.</summary>
    public bool HasPages { get; init; } = true;

    /// <summary>There is one, without an id.</summary>
    public bool IsSingle { get; init; }

    /// <summary>Whether a version can be brought back.</summary>
    public bool IsRestorable { get; init; } = true;

    /// <summary>All kinds, as people look for them.</summary>
    public static readonly IReadOnlyList<PageKind> All =
    [
        new("application", "application", "/applications", "Applications", "access/apps"),
        new("policy", "policy", "/policies", "Policies", "access/policies"),
        new("group", "group", "/groups", "Groups", "access/groups"),
        new("list", "list", "/lists", "Lists", "gateway/lists"),
        new("identity_provider", "identity provider", "/identity-providers", "Identity providers", "access/identity_providers"),
        new("service_token", "service token", "/service-tokens", "Service tokens", "access/service_tokens"),
        new("custom_page", "custom page", "/custom-pages", "Custom pages", "access/custom_pages"),
        new("tag", "tag", "/tags", "Tags", "access/tags") { HasPages = false },
        new("mcp_server", "MCP server", "/mcp-servers", "MCP servers", "access/ai-controls/mcp/servers"),
        new("mcp_portal", "MCP server portal", "/mcp-portals", "MCP server portals", "access/ai-controls/mcp/portals"),
        new("api_token", "API token", "/api-tokens", "API tokens", "tokens") { IsRestorable = false },
        new("organization", "settings", "/settings", "Settings", "access/organizations") { IsSingle = true },
    ];

    public static PageKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    /// <summary>The page of one of them, or of all where one has none.</summary>
    public string PageOf(string id) => IsSingle || !HasPages ? Path : $"{Path}/{id}";

    /// <summary>The id that an object's versions have: of what has a name for an id, its <c>uid</c>.</summary>
    public static string? IdOf(System.Text.Json.Nodes.JsonObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return (string?)item["uid"] ?? (string?)item["id"];
    }

    /// <summary>The page with its versions.</summary>
    public string HistoryOf(string id) => IsSingle ? $"{Path}/history" : $"{Path}/{id}/history";

    /// <summary>The page of one version.</summary>
    public string VersionOf(string id, long version) => string.Create(CultureInfo.InvariantCulture, $"{HistoryOf(id)}/{version}");

    /// <summary>Its versions in the admin API.</summary>
    public string VersionsPath(string id) => IsSingle ? $"{ApiPath}/versions" : $"{ApiPath}/{id}/versions";
}
