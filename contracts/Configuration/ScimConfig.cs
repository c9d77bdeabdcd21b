using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>How an identity provider tells of its users and groups (SCIM 2.0, RFC 7644), and what that changes.</summary>
public sealed record ScimConfig
{
    public required bool Enabled { get; init; }

    /// <summary>A user that the provider deactivates or deletes loses sessions and grants, and cannot log in through it.</summary>
    public required bool UserDeprovision { get; init; }

    /// <summary>Stored and shown; there are no seats here.</summary>
    public required bool SeatDeprovision { get; init; }

    /// <summary>The original's older name for <see cref="IdentityUpdateBehavior"/> <c>reauth</c>; stored and shown.</summary>
    public required bool GroupMemberDeprovision { get; init; }

    /// <summary>What a change of a user's groups does.</summary>
    public required IdentityUpdateBehavior IdentityUpdateBehavior { get; init; }

    /// <summary>SHA-256 of the provider's secret, lower-case hexadecimal. Goes to authorization-server alone; never shown.</summary>
    public string? SecretHash { get; init; }
}

/// <summary>What a change of a user's groups does.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<IdentityUpdateBehavior>))]
public enum IdentityUpdateBehavior
{
    /// <summary>The user's identity has the new groups at once, and everything they hold is decided again on it.</summary>
    Automatic,

    /// <summary>Everything that the user holds by this provider ends: they log in again.</summary>
    Reauth,

    /// <summary>Nothing: groups are what the provider says at a login.</summary>
    NoAction,
}
