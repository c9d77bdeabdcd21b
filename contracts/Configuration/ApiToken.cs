namespace ManagedOAuth.Contracts.Configuration;

/// <summary>A token of the admin API. The token itself is shown once, when it is made.</summary>
public sealed record ApiToken : ConfigurationRecord
{
    /// <summary>SHA-256 of the token, lower-case hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>What it may do.</summary>
    public required IReadOnlyList<ApiPermission> Permissions { get; init; }

    /// <summary>Whether it is switched off: it is refused until it is switched on again.</summary>
    public bool Disabled { get; init; }

    /// <summary>Before this time it is refused; null = it works at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Null = until it is removed.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The networks that it works from; null = from everywhere.</summary>
    public IReadOnlyList<string>? RequestIpIn { get; init; }

    /// <summary>The networks that it does not work from; null = there are none.</summary>
    public IReadOnlyList<string>? RequestIpNotIn { get; init; }
}
