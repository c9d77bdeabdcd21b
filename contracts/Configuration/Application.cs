using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>An application behind the proxy, with the field names of the admin API (snake case there).</summary>
public sealed record Application : ConfigurationRecord
{
    /// <summary>The audience tag: 64 hexadecimal digits that never change; <c>aud</c> of every assertion and access token.</summary>
    public required string Aud { get; init; }

    public ApplicationType Type { get; init; } = ApplicationType.SelfHosted;

    /// <summary>
    /// The public address: authority (with port when it has one) and, without Managed OAuth, an optional path. Empty for an <c>mcp</c>
    /// application, which is reached through a portal only.
    /// </summary>
    public required string Domain { get; init; }

    /// <summary>Further public addresses of the same application; a token of one is valid at all.</summary>
    public IReadOnlyList<Destination> Destinations { get; init; } = [];

    /// <summary>How long a browser session lasts, in Go's duration syntax.</summary>
    public string SessionDuration { get; init; } = "24h";

    /// <summary>Identity providers that may be used; empty = all.</summary>
    public IReadOnlyList<Guid> AllowedIdps { get; init; } = [];

    public bool AutoRedirectToIdentity { get; init; }

    public bool AppLauncherVisible { get; init; } = true;

    public string LogoUrl { get; init; } = "";

    /// <summary>Names of tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Pages that are shown instead of ours: at most one of each type.</summary>
    public IReadOnlyList<Guid> CustomPages { get; init; } = [];

    public string CustomDenyMessage { get; init; } = "";

    public string CustomDenyUrl { get; init; } = "";

    public string CustomNonIdentityDenyUrl { get; init; } = "";

    public CorsHeaders? CorsHeaders { get; init; }

    public bool OptionsPreflightBypass { get; init; }

    public bool HttpOnlyCookieAttribute { get; init; } = true;

    public bool PathCookieAttribute { get; init; }

    /// <summary><c>lax</c>, <c>strict</c>, <c>none</c> or null for the default (<c>lax</c>).</summary>
    public string? SameSiteCookieAttribute { get; init; }

    public bool AllowIframe { get; init; }

    public bool SkipInterstitial { get; init; }

    /// <summary>Answer 401 instead of 403 or a redirect where only Service Auth policies exist.</summary>
    [JsonPropertyName("service_auth_401_redirect")]
    public bool ServiceAuth401Redirect { get; init; }

    /// <summary>A header in which a service token may come as one JSON value.</summary>
    public string? ReadServiceTokensFromHeader { get; init; }

    /// <summary>Managed OAuth; absent = off.</summary>
    public OAuthConfiguration? OauthConfiguration { get; init; }

    /// <summary>The policies that decide, by precedence.</summary>
    public IReadOnlyList<PolicyReference> Policies { get; init; } = [];

    /// <summary>Where the application really is (our extension); absent = nothing is forwarded, 503.</summary>
    public Origin? Origin { get; init; }

    /// <summary>Whether Managed OAuth is on.</summary>
    [JsonIgnore]
    public bool ManagedOAuth => OauthConfiguration is { Enabled: true };
}

/// <summary>What kind of application it is.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ApplicationType>))]
public enum ApplicationType
{
    /// <summary>An HTTP application at addresses of its own.</summary>
    SelfHosted,

    /// <summary>One MCP server behind a portal: its policies decide who sees it there.</summary>
    Mcp,

    /// <summary>A portal over MCP servers.</summary>
    McpPortal,
}

/// <summary>Where else an application is reached.</summary>
/// <param name="Type"><c>public</c>, or <c>via_mcp_server_portal</c> for an <c>mcp</c> application.</param>
/// <param name="Uri">Authority and optional path of a public one; otherwise empty.</param>
public sealed record Destination(string Type, string Uri)
{
    /// <summary>The server of a portal that a <c>via_mcp_server_portal</c> destination stands for.</summary>
    public string? McpServerId { get; init; }
}

/// <summary>A policy on an application, with its place in the order.</summary>
public sealed record PolicyReference(Guid Id, int Precedence);
