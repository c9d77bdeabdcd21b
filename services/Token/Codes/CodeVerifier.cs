using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ManagedOAuth.Token.Codes;

/// <summary>Proof Key for Code Exchange, method S256 (RFC 7636).</summary>
public static class CodeVerifier
{
    /// <summary>Whether a verifier is well-formed (§4.1: 43 to 128 unreserved characters) and hashes to the challenge (§4.6).</summary>
    public static bool Matches(string? verifier, string challenge)
    {
        if (verifier is not { Length: >= 43 and <= 128 } || string.IsNullOrEmpty(challenge)
            || verifier.AsSpan().ContainsAnyExcept(s_unreserved))
        {
            return false;
        }

        var hash = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(challenge));
    }

    private static readonly System.Buffers.SearchValues<char> s_unreserved =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");
}
