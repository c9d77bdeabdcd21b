namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>A page with a form, and how it is filled in wrongly.</summary>
/// <param name="Path">Of the page; a name in braces stands for the id of an object of this run.</param>
/// <param name="Heading">What the page is called.</param>
/// <param name="Fields">Labels of the fields that are typed into, with what is typed; the last one is wrong.</param>
/// <param name="Refused">What the page then says.</param>
public sealed record FormCase(string Path, string Heading, IReadOnlyList<(string Label, string Text)> Fields, string Refused)
{
    /// <summary>The button that sends the form, where Enter in the last field does not.</summary>
    public string? Button { get; init; }

    /// <summary>Where the message is about the whole and no single field.</summary>
    public bool IsAboutTheWhole { get; init; }

    /// <summary>Every page that takes something which can be wrong.</summary>
    public static readonly IReadOnlyList<FormCase> All =
    [
        new("/applications/new", "New application", [("Name", "Wrong"), ("Public address", "https://not a domain")], "domain is a host name"),
        new("/applications/{app}/settings", "{app}", [("Browser session duration", "soon")], "is a duration such as"),
        new("/applications/{app}/advanced", "{app}", [("Access token lifetime", "25h")], "access_token_lifetime is"),
        new("/applications/{app}/policies/new", "New policy", [("Name", "Wrong"), ("Include, rule 1: Address", "")], "email"),
        new("/policies/new", "New policy", [("Name", "Wrong"), ("Include, rule 1: Domain", "")], "domain"),
        new("/policies/{policy}", "{policy}", [("Browser session duration", "soon")], "is a duration such as"),
        new("/groups/new", "New group", [("Name", "Wrong"), ("Include, rule 1: Address", "")], "email"),
        new("/groups/{group}", "{group}", [("Name", "")], "name"),
        new("/lists/new", "New list", [("Name", "Wrong"), ("Values", "alice@example.com\nnobody")], "nobody") { Button = "Create list" },
        new("/lists/{list}", "{list}", [("E-mail addresses", "nobody")], "nobody") { Button = "Save list" },
        new("/identity-providers/new?type=onetimepin", "New identity provider", [("Name", "")], "name"),
        new("/identity-providers/new?type=github", "New identity provider", [("Client ID", "c"), ("Client secret", "s"), ("GitHub Enterprise Server", "ftp://x")], "base_url is"),
        new("/identity-providers/new?type=oidc", "New identity provider", [("Name", "Wrong"), ("Client ID", "c"), ("Client secret", "s"), ("Issuer", "nonsense")], "issuer_url"),
        new("/identity-providers/{provider}", "{provider}", [("Name", "")], "name"),
        new("/service-tokens/new", "New service token", [("Name", "Wrong"), ("Duration", "soon")], "is a duration such as"),
        new("/service-tokens/{token}", "{token}", [("Duration", "soon")], "is a duration such as"),
        new("/api-tokens/new", "New API token", [("Name", "Wrong")], "permission"),
        new("/api-tokens/{key}", "{key}", [("Name", "")], "name"),
        new("/tags", "Tags", [("New tag", "{tag}")], "already"),
        new("/custom-pages/new", "New custom page", [("Name", "Wrong"), ("HTML document", "")], "html") { Button = "Create custom page" },
        new("/custom-pages/{page}", "{page}", [("Name", "")], "name"),
        new("/keys", "Keys", [("Rotate every so many days", "5")], "from 21 to 365"),
        new("/settings", "Settings", [("Global session duration", "soon")], "is a duration such as"),
        new("/settings/sign-in", "Settings", [("Logo", "http://x.example/logo.svg")], "logo"),
        new("/transfer", "Import and export", [("or its text", "nonsense")], "no configuration file") { Button = "Make a plan" },
        new("/mcp-servers/new", "New MCP server", [("Name", "Wrong"), ("Id", "not_an_id"), ("Address", "https://x.example/mcp")], "underscore"),
        new("/mcp-servers/{server}", "{server}", [("Address", "nonsense")], "hostname"),
        new("/mcp-portals/new", "New MCP server portal", [("Name", "Wrong"), ("Id", "wrong"), ("Public address", "https://not a domain")], "hostname is a host name"),
        new("/mcp-portals/{portal}", "{portal}", [("Public address", "https://not a domain")], "hostname is a host name"),
    ];
}
