namespace ManagedOAuth.Contracts.Configuration;

/// <summary>A token of the admin API. The token itself is shown once, when it is made.</summary>
public sealed record ApiToken
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    /// <summary>SHA-256 of the token, lower-case hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>What it may do.</summary>
    public required IReadOnlyList<ApiPermission> Permissions { get; init; }

    /// <summary>Null = until it is removed.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed or rolled; the time of its creation before that.</summary>
    public DateTimeOffset UpdatedAt { get; init; }
}
