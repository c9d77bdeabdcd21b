using System.Buffers.Text;
using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;

/// <summary>
/// Validates ID tokens (OpenID Connect Core §3.1.3.7): signature by a key of the provider, algorithm of a fixed list, issuer, audience and times by
/// Microsoft.IdentityModel, then <see cref="IdTokenRules"/>.
/// </summary>
public sealed class IdTokenReader(PublicKeys keys, TimeProvider clock)
{
    /// <summary>Signatures by a public key alone: no <c>none</c>, and no HMAC, for which a published key would be the secret.</summary>
    private static readonly string[] s_algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private static readonly TimeSpan s_skew = TimeSpan.FromMinutes(1);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = 64 * 1024 };

    /// <summary>The claims of the token, or why it is refused.</summary>
    /// <param name="token">As the token endpoint gave it.</param>
    /// <param name="settings">The provider's settings.</param>
    /// <param name="endpoints">Its endpoints.</param>
    /// <param name="nonce">Of the login; null at a refresh.</param>
    /// <param name="subject">Of the user at a refresh; null at a login.</param>
    /// <param name="accessToken">What came with it.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<(JsonElement Claims, Rejection? Rejection)> ReadAsync(
        string token, OidcSettings settings, OidcEndpoints endpoints, string? nonce, string? subject, string? accessToken, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(endpoints);
        if (Parse(token) is not var (parsed, claims))
        {
            return (default, new Rejection("malformed", "The ID token is no signed token."));
        }

        var now = clock.GetUtcNow();
        var parameters = new TokenValidationParameters
        {
            ValidAlgorithms = s_algorithms,
            IssuerSigningKeys = await keys.FindAsync(endpoints.Keys, parsed.Kid, cancellation),
            ValidAudience = settings.ClientId,
            IssuerValidator = (issuer, _, _) => endpoints.IsIssuer(issuer) ? issuer : throw new SecurityTokenInvalidIssuerException("The ID token is of another issuer."),
            LifetimeValidator = (notBefore, expires, _, _) => expires > (now - s_skew).UtcDateTime && (notBefore is null || notBefore < (now + s_skew).UtcDateTime),
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            IncludeTokenOnFailedValidation = false,
            LogValidationExceptions = false,
        };
        var result = await _handler.ValidateTokenAsync(parsed, parameters);
        if (!result.IsValid)
        {
            return (default, new Rejection(Reason(result.Exception), "The ID token is not valid."));
        }

        var context = new IdTokenContext
        {
            Claims = claims,
            Algorithm = parsed.Alg,
            ClientId = settings.ClientId,
            Nonce = nonce,
            Subject = subject,
            AccessToken = accessToken,
            Now = now,
        };
        return (context.Claims, IdTokenRules.All.FirstViolation(context)?.Rejection);
    }

    private (JsonWebToken Token, JsonElement Claims)? Parse(string token)
    {
        try
        {
            // Of two claims with one name, library and rules could each take another one.
            var parsed = _handler.ReadJsonWebToken(token);
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(parsed.EncodedPayload), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return (parsed, document.RootElement.Clone());
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException or JsonException or InvalidOperationException or SecurityTokenException)
        {
            // Whatever a provider sends instead of a token is refused like a token with a fault.
            return null;
        }
    }

    private static string Reason(Exception? exception) => exception switch
    {
        SecurityTokenInvalidIssuerException => "wrong_issuer",
        SecurityTokenInvalidAudienceException => "wrong_audience",
        SecurityTokenInvalidAlgorithmException => "wrong_algorithm",
        SecurityTokenSignatureKeyNotFoundException => "unknown_key",
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException or SecurityTokenNotYetValidException or SecurityTokenNoExpirationException => "wrong_time",
        _ => "wrong_signature",
    };
}
