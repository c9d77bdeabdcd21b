using System.Text.Json;
using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>A way to log in.</summary>
public sealed record IdentityProvider : ConfigurationRecord
{
    /// <summary><c>onetimepin</c>, <c>oidc</c>, ...</summary>
    public required string Type { get; init; }

    /// <summary>
    /// Type-specific settings: <see cref="OidcSettings"/>, <see cref="GitHubSettings"/>. The record in events has no secret in it; only in what
    /// authorization-server gets is it there, opened.
    /// </summary>
    public JsonElement? Config { get; init; }

    /// <summary>Provisioning by the provider (SCIM 2.0); null = it has never been set up.</summary>
    public ScimConfig? ScimConfig { get; init; }

    /// <summary>Members of <see cref="Config"/> that are secret, each sealed by Config's keys at rest (base64). In events only; in no feed and no answer.</summary>
    public IReadOnlyDictionary<string, string>? SealedSecrets { get; init; }
}

/// <summary>A credential of a machine. The secret itself is nowhere; only its SHA-256 is kept.</summary>
public sealed record ServiceToken : ConfigurationRecord
{
    /// <summary><c>CF-Access-Client-Id</c>: 32 hexadecimal digits and <c>.access</c>.</summary>
    public required string ClientId { get; init; }

    /// <summary>SHA-256 of the current secret, lower-case hexadecimal. Sent in the feed, never by the admin API.</summary>
    public required string SecretHash { get; init; }

    /// <summary>SHA-256 of the secret before the last rotation while it is still honoured.</summary>
    public string? PreviousSecretHash { get; init; }

    public DateTimeOffset? PreviousSecretExpiresAt { get; init; }

    /// <summary>Go's duration syntax, or <c>forever</c>.</summary>
    public string Duration { get; init; } = "8760h";

    public DateTimeOffset? ExpiresAt { get; init; }

    public bool Enabled { get; init; } = true;

    public int ClientSecretVersion { get; init; } = 1;
}

/// <summary>When an unused service token ends.</summary>
public sealed record ServiceTokenInactivity
{
    public bool Enabled { get; init; }

    /// <summary>30 to 365 days without use.</summary>
    public int InactivityThresholdDays { get; init; } = 90;

    public InactivityAction Action { get; init; } = InactivityAction.Disable;
}

/// <summary>What is done with an unused service token.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<InactivityAction>))]
public enum InactivityAction
{
    Disable,
    Delete,
}

/// <summary>The custom pages of the organization.</summary>
public sealed record OrganizationPages
{
    public Guid? Forbidden { get; init; }

    public Guid? IdentityDenied { get; init; }
}

/// <summary>The organization's own look of the login page. Colours as <c>#rrggbb</c>; empty = ours.</summary>
public sealed record LoginDesign
{
    public string BackgroundColor { get; init; } = "";

    public string TextColor { get; init; } = "";

    /// <summary>An https URL of an image.</summary>
    public string LogoPath { get; init; } = "";

    public string HeaderText { get; init; } = "";

    public string FooterText { get; init; } = "";
}

/// <summary>What the members of a group may do at the dashboard.</summary>
public sealed record DashboardPermission
{
    public required Guid GroupId { get; init; }

    /// <summary>The permissions of the admin API that they have there.</summary>
    public required IReadOnlyList<ApiPermission> Permissions { get; init; }
}

/// <summary>What holds for all applications.</summary>
public sealed record Organization : ConfigurationRecord
{
    /// <summary>The team domain's public origin (scheme and authority): where people log in, <c>iss</c> of assertions.</summary>
    public required string AuthDomain { get; init; }

    /// <summary>How long the team session signs a user on silently; Go's duration syntax.</summary>
    public string SessionDuration { get; init; } = "24h";

    /// <summary>10 s to 1 h: how long an edge without any fresh source still serves token-bearing requests.</summary>
    public string RevocationStalenessLimit { get; init; } = "60s";

    /// <summary>Keep serving beyond the limit instead of answering 503.</summary>
    public bool ServeStaleRevocations { get; init; }

    /// <summary>Signing algorithm of assertions: <c>RS256</c> or <c>ES256</c>.</summary>
    public string AssertionAlgorithm { get; init; } = "RS256";

    /// <summary>Go straight to the identity provider where there is only one.</summary>
    public bool AutoRedirectToIdentity { get; init; }

    /// <summary>People change nothing in the dashboard; API tokens still do.</summary>
    public bool IsUiReadOnly { get; init; }

    /// <summary>
    /// A request that shows a service token is decided by it alone: 401 when the token is not good, 403 when it is and no policy admits it; never
    /// a login.
    /// </summary>
    public bool StrictServiceTokenAuth { get; init; }

    /// <summary>What happens to service tokens that nobody uses; null = nothing.</summary>
    public ServiceTokenInactivity? ServiceTokenInactivity { get; init; }

    /// <summary>Pages shown by applications that have none of their own.</summary>
    public OrganizationPages? CustomPages { get; init; }

    /// <summary>How the login page looks.</summary>
    public LoginDesign? LoginDesign { get; init; }

    /// <summary>
    /// What the people may do at the dashboard whom its application lets in: what all their groups give together, nothing where no group does.
    /// Null = whoever is let in may do everything.
    /// </summary>
    public IReadOnlyList<DashboardPermission>? DashboardPermissions { get; init; }
}
