using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Contracts.Tokens;

namespace ManagedOAuth.Config.ServiceTokens;

/// <summary>
/// Makes secrets: a fixed prefix, 256 random bits and a checksum, so that secret scanners find them and a mistyped one is recognised without a
/// look-up. Kept as SHA-256: with 256 random bits there is nothing that a slow hash would protect.
/// </summary>
public static class ServiceTokenSecret
{
    /// <summary>A new secret of a service token: <c>mo_st_</c> + 43 characters + 8 characters of checksum.</summary>
    public static string Create() => Create(SecretPrefixes.ServiceTokenSecret);

    /// <summary>A new secret with another prefix.</summary>
    public static string Create(string prefix)
    {
        var body = prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return body + Checksum(body);
    }

    /// <summary>SHA-256 in lower-case hexadecimal: what is stored.</summary>
    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static string Checksum(string body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(body))[..4]);
}
