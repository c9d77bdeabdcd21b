namespace ManagedOAuth.Contracts.Configuration;

/// <summary>A token of the admin API. The token itself is shown once, when it is made.</summary>
public sealed record ApiToken : ConfigurationRecord
{
    /// <summary>SHA-256 of the token, lower-case hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>What it may do.</summary>
    public required IReadOnlyList<ApiPermission> Permissions { get; init; }

    /// <summary>Null = until it is removed.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
