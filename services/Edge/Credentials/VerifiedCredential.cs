using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>
/// A credential whose making was verified. That it was good once is all that this says: expiry, revocation and the policies are asked
/// again at each request (<see cref="AccessCheck"/>).
/// </summary>
internal sealed class VerifiedCredential
{
    public required CredentialKind Kind { get; init; }

    /// <summary>The grant that it belongs to; empty for a service token.</summary>
    public Guid GrantId { get; init; }

    /// <summary>When its use was noted last, in UTC ticks. Two requests at once may both note it, which says the same.</summary>
    public long UseNotedTicks { get; set; }

    /// <summary>The single access token; empty for what has no id of its own.</summary>
    public Guid TokenId { get; init; }

    /// <summary>The audience tag that it was issued for.</summary>
    public required string Audience { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The signed JWT that the origin gets.</summary>
    public required string Assertion { get; init; }

    /// <summary>What the assertion says.</summary>
    public required AssertionClaims Claims { get; init; }

    /// <summary>The service token that it stands for.</summary>
    public Guid? ServiceTokenId { get; init; }

    /// <summary>Which of its secrets was shown, by its hash: what it opened ends when that one does.</summary>
    public string? ServiceTokenSecretHash { get; init; }

    /// <summary>The application that speaks for the user; null = they come by themselves.</summary>
    public Guid? LinkedApplicationId { get; init; }

    public string? Email => Claims.Email;

    /// <summary>The user, as the policies need them; null for a service token.</summary>
    public Identity? Identity => Claims.Identity;
}
