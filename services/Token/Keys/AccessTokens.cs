using System.Security.Cryptography;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Token.Assertions;
using ManagedOAuth.Token.Keys.Sealing;
using ManagedOAuth.Token.Keys.Signing;

namespace ManagedOAuth.Token.Keys;

/// <summary>What an access token is made of.</summary>
public sealed record AccessTokenRequest
{
    public required Application Application { get; init; }

    /// <summary>The team domain's origin.</summary>
    public required string Issuer { get; init; }

    public required Guid GrantId { get; init; }

    public required Identity Identity { get; init; }

    public required string ClientId { get; init; }

    public required Guid TokenId { get; init; }

    public required string Scope { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>Makes access tokens, and opens our own again.</summary>
public sealed class AccessTokens(SealingKeys sealing, SigningKeys signing)
{
    /// <summary>Signs the assertion and seals it with everything that the edge needs.</summary>
    public async Task<string> MakeAsync(AccessTokenRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var key = await sealing.CurrentAsync(request.Application.Id, cancellation);
        var payload = new AccessTokenPayload
        {
            GrantId = request.GrantId,
            TokenId = request.TokenId,
            Audience = request.Application.Aud,
            IssuedAt = request.IssuedAt,
            ExpiresAt = request.ExpiresAt,
            Scope = request.Scope,
            ClientId = request.ClientId,
            Assertion = signing.Sign(Assertion.OfUser(
                request.Identity, request.GrantId, request.Application.Aud, request.Issuer, request.IssuedAt, request.ExpiresAt)),
        };

        // An AesGcm is not safe for two threads; making one costs a microsecond.
        using var aes = new AesGcm(key.Key, AesGcm.TagByteSizes.MaxSize);
        return SealedAccessToken.Seal(payload, key.KeyId, aes);
    }

    /// <summary>What a token of ours holds; null for anything else. Expiry and revocation are the caller's to check.</summary>
    public AccessTokenPayload? Open(string token)
    {
        AesGcm? aes = null;
        try
        {
            return SealedAccessToken.TryOpen(token, id => sealing.Find(id) is { } key ? aes = new AesGcm(key.Key, AesGcm.TagByteSizes.MaxSize) : null, out var payload)
                ? payload
                : null;
        }
        finally
        {
            aes?.Dispose();
        }
    }
}
