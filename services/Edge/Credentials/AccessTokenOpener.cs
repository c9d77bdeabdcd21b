using System.Security.Cryptography;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>Opens sealed access tokens with the keys that this edge holds: no network, no asymmetric cryptography.</summary>
internal static class AccessTokenOpener
{
    /// <summary>Null when the token is not one that was made for this application.</summary>
    public static VerifiedCredential? Open(ReadOnlySpan<char> token, ProtectedApplication application, KeySet keys, DateTimeOffset now)
    {
        AesGcm? cipher = null;
        try
        {
            return SealedAccessToken.TryOpen(token, id => cipher = keys.FindSealingKey(id, application.Id, now)?.CreateCipher(), out var payload)
                ? Read(payload, application)
                : null;
        }
        finally
        {
            cipher?.Dispose();
        }
    }

    private static VerifiedCredential? Read(AccessTokenPayload payload, ProtectedApplication application)
    {
        // Bound to a key whose proof is not asked for here: as a bearer token it is worth nothing (RFC 9449 §7.2).
        if (payload.Audience != application.Audience || payload.Confirmation.Length > 0 || AssertionClaims.TryRead(payload.Assertion) is not { } claims)
        {
            return null;
        }

        return new VerifiedCredential
        {
            Kind = CredentialKind.AccessToken,
            GrantId = payload.GrantId,
            TokenId = payload.TokenId,
            Audience = payload.Audience,
            ExpiresAt = payload.ExpiresAt,
            Assertion = payload.Assertion,
            Claims = claims,
        };
    }
}
