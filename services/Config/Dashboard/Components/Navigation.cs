namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>One entry of the navigation.</summary>
public sealed record NavigationLink(string Path, string Text, string Icon)
{
    /// <summary>Whether a page belongs to it.</summary>
    public bool IsCurrent(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Path == "/" ? path == "/" : path == Path || path.StartsWith(Path + "/", StringComparison.Ordinal);
    }
}

/// <summary>The pages of the dashboard, in the order of the navigation.</summary>
public static class Navigation
{
    public static readonly IReadOnlyList<(string Heading, IReadOnlyList<NavigationLink> Links)> Groups =
    [
        ("", [new("/", "Overview", "overview")]),
        ("Access", [
            new("/applications", "Applications", "application"),
            new("/policies", "Policies", "policy"),
            new("/groups", "Groups", "group"),
            new("/lists", "Lists", "list"),
            new("/identity-providers", "Identity providers", "login"),
            new("/service-tokens", "Service tokens", "machine"),
            new("/policy-tester", "Policy tester", "tester"),
        ]),
        ("MCP", [
            new("/mcp-portals", "Portals", "portal"),
            new("/mcp-servers", "Servers", "mcp"),
            new("/mcp-log", "Log", "log"),
        ]),
        ("Activity", [
            new("/users", "Users", "users"),
            new("/grants", "Grants", "grant"),
            new("/clients", "Clients", "application"),
            new("/sign-ins", "Sign-ins", "sign-ins"),
            new("/refusals", "Refusals", "refusals"),
            new("/audit", "Audit", "audit"),
        ]),
        ("Organization", [
            new("/tags", "Tags", "tag"),
            new("/custom-pages", "Custom pages", "page"),
            new("/keys", "Keys", "lock"),
            new("/api-tokens", "API tokens", "key"),
            new("/transfer", "Import and export", "transfer"),
            new("/settings", "Settings", "settings"),
        ]),
    ];
}
