namespace ManagedOAuth.Contracts.Configuration;

/// <summary>The <c>oauth_configuration</c> of an application: Managed OAuth and its settings.</summary>
public sealed record OAuthConfiguration
{
    /// <summary>Whether the application's domain is an authorization server. True when the object is given without the field.</summary>
    public bool Enabled { get; init; } = true;

    public DynamicClientRegistration DynamicClientRegistration { get; init; } = new();

    public GrantSettings Grant { get; init; } = new();
}

/// <summary>Which clients may register themselves (RFC 7591).</summary>
public sealed record DynamicClientRegistration
{
    public bool Enabled { get; init; } = true;

    /// <summary>Any client with a redirect URI on the host <c>localhost</c>.</summary>
    public bool AllowAnyOnLocalhost { get; init; }

    /// <summary>Any client with a redirect URI on <c>127.0.0.1</c> or <c>[::1]</c>.</summary>
    public bool AllowAnyOnLoopback { get; init; }

    /// <summary><c>https</c> URIs, whose path may end in <c>/*</c>, and exact custom-scheme URIs.</summary>
    public IReadOnlyList<string> AllowedUris { get; init; } = [];
}

/// <summary>How long grants and their tokens live; Go's duration syntax.</summary>
public sealed record GrantSettings
{
    /// <summary>5 s to 24 h.</summary>
    public string AccessTokenLifetime { get; init; } = "15m";

    /// <summary>From the access token lifetime to 8760 h; counts from the login and is absolute.</summary>
    public string SessionDuration { get; init; } = "336h";

    /// <summary>0 to 10 m: how long the predecessor of an unused successor still yields that successor; 0 = strict (our extension).</summary>
    public string RefreshGrace { get; init; } = "60s";
}
