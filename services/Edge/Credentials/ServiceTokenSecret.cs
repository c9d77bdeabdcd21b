using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>Compares a presented secret with the hashes of a service token, in constant time.</summary>
internal static class ServiceTokenSecret
{
    private const int MaximumLength = 512;

    /// <summary>Whether the secret is the current one, or the one before while it is still honoured.</summary>
    public static bool Matches(ServiceToken token, string secret, DateTimeOffset now)
    {
        if (secret.Length is 0 or > MaximumLength)
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(secret), hash);
        return IsHash(token.SecretHash, hash)
            | (token.PreviousSecretHash is { } previous && token.PreviousSecretExpiresAt > now && IsHash(previous, hash));
    }

    /// <summary>The hash of a secret that <see cref="Matches"/>: that of the token's current one, or of the one before.</summary>
    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Whether the secret with this hash is one of the token's now. No secret is compared here: both hashes are of secrets that were right.</summary>
    public static bool Honours(ServiceToken token, string hash, DateTimeOffset now)
        => string.Equals(hash, token.SecretHash, StringComparison.OrdinalIgnoreCase)
            || (token.PreviousSecretExpiresAt > now && string.Equals(hash, token.PreviousSecretHash, StringComparison.OrdinalIgnoreCase));

    private static bool IsHash(string hexadecimal, ReadOnlySpan<byte> hash)
    {
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        return hexadecimal.Length == 2 * SHA256.HashSizeInBytes
            && Convert.FromHexString(hexadecimal, expected, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(expected, hash);
    }
}
