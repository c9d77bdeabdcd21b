using System.Text.Json;
using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>A way to log in.</summary>
public sealed record IdentityProvider
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    /// <summary><c>onetimepin</c>, <c>oidc</c>, ...</summary>
    public required string Type { get; init; }

    /// <summary>
    /// Type-specific settings: <see cref="OidcSettings"/>, <see cref="GitHubSettings"/>. The record in events has no secret in it; only in what
    /// authorization-server gets is it there, opened.
    /// </summary>
    public JsonElement? Config { get; init; }

    /// <summary>Members of <see cref="Config"/> that are secret, each sealed by Config's keys at rest (base64). In events only; in no feed and no answer.</summary>
    public IReadOnlyDictionary<string, string>? SealedSecrets { get; init; }

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A credential of a machine. The secret itself is nowhere; only its SHA-256 is kept.</summary>
public sealed record ServiceToken
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

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

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>What holds for all applications.</summary>
public sealed record Organization
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

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

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}
