using System.Text.Json;
using ManagedOAuth.ServiceDefaults.Outbound;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Token.Evaluation;

/// <summary>
/// Reads what a service answered: <c>{"token": JWT}</c>, signed by one of its keys, not expired, with the nonce of the question and
/// <c>success</c>. Whatever else it is counts for nothing: neither a yes nor a no.
/// </summary>
public static class EvaluationAnswer
{
    private const int MaximumLength = 16 * 1024;
    private static readonly TimeSpan s_skew = TimeSpan.FromSeconds(60);
    private static readonly string[] s_algorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];
    private static readonly JsonWebTokenHandler s_handler = new() { MaximumTokenSizeInBytes = MaximumLength };

    /// <summary>Whether the user passed.</summary>
    /// <param name="token">The JWT.</param>
    /// <param name="nonce">That of the question.</param>
    /// <param name="keysOf">Finds the service's keys for a key id.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="OutboundUnavailableException">The answer does not count, with the reason.</exception>
    public static async Task<bool> ReadAsync(string? token, string nonce, Func<string, Task<IReadOnlyList<SecurityKey>>> keysOf, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(keysOf);
        if (token is null || token.Length > MaximumLength || !s_handler.CanReadToken(token))
        {
            throw new OutboundUnavailableException("The answer has no token that is a JWT.");
        }

        var result = await s_handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidAlgorithms = s_algorithms,
            IssuerSigningKeys = await keysOf(KeyIdOf(token)),
            TryAllIssuerSigningKeys = true,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = (begins, ends, _, _) => ends > (now - s_skew).UtcDateTime && (begins is null || begins <= (now + s_skew).UtcDateTime),
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken answer)
        {
            throw new OutboundUnavailableException($"The answer's signature or time does not hold: {result.Exception?.GetType().Name}.");
        }

        if (!answer.TryGetPayloadValue<string>("nonce", out var given) || !string.Equals(given, nonce, StringComparison.Ordinal))
        {
            throw new OutboundUnavailableException("The answer has the nonce of another question, or none.");
        }

        return result.Claims.TryGetValue("success", out var success) && success is bool passed
            ? passed
            : throw new OutboundUnavailableException("The answer's success is neither true nor false.");
    }

    private static string KeyIdOf(string token)
    {
        try
        {
            return s_handler.ReadJsonWebToken(token).Kid ?? "";
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or JsonException or FormatException or InvalidOperationException)
        {
            // CanReadToken looks at the number of parts alone: what is in them is whatever the service sent, and must not spoil what others answered.
            throw new OutboundUnavailableException($"The answer's token cannot be read: {unreadable.GetType().Name}.");
        }
    }
}
