using ManagedOAuth.Contracts.Grants;

namespace ManagedOAuth.Token.Revocation;

/// <summary>What edges must refuse until it is over by itself: a whole grant, or one access token of it.</summary>
public sealed class RevocationEntry
{
    /// <summary>How much longer an entry stays than what it refuses: clocks differ.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);

    /// <summary>The grant, or the access token.</summary>
    public Guid Id { get; set; }

    public Guid GrantId { get; set; }

    /// <summary>The access token; null = everything of the grant.</summary>
    public Guid? TokenId { get; set; }

    /// <summary>When the entry may be forgotten, in milliseconds since 1970.</summary>
    public long LeavesAt { get; set; }

    public static RevocationEntry OfGrant(Guid grantId, IGrantEnd end)
    {
        ArgumentNullException.ThrowIfNull(end);
        return new RevocationEntry { Id = grantId, GrantId = grantId, LeavesAt = (end.AccessEndsAt + Slack).ToUnixTimeMilliseconds() };
    }

    public static RevocationEntry OfToken(Guid grantId, AccessTokenRevoked revoked)
    {
        ArgumentNullException.ThrowIfNull(revoked);
        return new RevocationEntry
        {
            Id = revoked.TokenId,
            GrantId = grantId,
            TokenId = revoked.TokenId,
            LeavesAt = (revoked.TokenExpiresAt + Slack).ToUnixTimeMilliseconds(),
        };
    }
}
