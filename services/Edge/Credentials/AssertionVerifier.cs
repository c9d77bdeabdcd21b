using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Routing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>Verifies the assertion that browsers carry as their session cookie (and command lines in <c>Cf-Access-Token</c>).</summary>
internal static class AssertionVerifier
{
    /// <summary>Longest JWT that is looked at: no cookie can be longer.</summary>
    public const int MaximumLength = 8192;

    private static readonly string[] s_algorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];
    private static readonly TimeSpan s_skew = TimeSpan.FromSeconds(60);
    private static readonly JsonWebTokenHandler s_handler = new() { MaximumTokenSizeInBytes = MaximumLength };

    /// <summary>Null when it is no assertion that Token signed for this application and a grant.</summary>
    public static async ValueTask<VerifiedCredential?> VerifyAsync(
        string assertion, CredentialKind kind, ProtectedApplication application, string issuer, KeySet keys, DateTimeOffset now)
    {
        if (assertion.Length > MaximumLength)
        {
            return null;
        }

        var result = await s_handler.ValidateTokenAsync(assertion, new TokenValidationParameters
        {
            ValidIssuer = issuer,
            ValidAudience = application.Audience,
            ValidAlgorithms = s_algorithms,
            IssuerSigningKeys = keys.AssertionKeys,
            RequireSignedTokens = true,
            RequireExpirationTime = true,

            // The end is asked for at every request, not here; the beginning allows for clocks that differ.
            LifetimeValidator = (begins, ends, _, _) => ends is not null && (begins is null || begins <= now.UtcDateTime + s_skew),
        });
        if (!result.IsValid
            || result.SecurityToken is not JsonWebToken token
            || !token.TryGetPayloadValue<string>("type", out var type) || type != "app"
            || AssertionClaims.TryRead(assertion) is not { GrantId: { } grant, IsLinked: false } claims)
        {
            return null;
        }

        return new VerifiedCredential
        {
            Kind = kind,
            GrantId = grant,
            Audience = application.Audience,
            ExpiresAt = new DateTimeOffset(token.ValidTo, TimeSpan.Zero),
            Assertion = assertion,
            Claims = claims,
        };
    }
}
