using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace ManagedOAuth.Token.Secrets;

/// <summary>
/// A secret that belongs to a grant: an authorization code, a refresh token or a session code. Its text is the prefix of its kind and
/// base64url(grant id (16 bytes) | 256 random bits). The id finds the grant; only the random part proves anything.
/// </summary>
public sealed class GrantSecret
{
    private const int IdLength = 16;
    private const int RandomLength = 32;

    private readonly byte[] _random;

    private GrantSecret(string prefix, Guid grantId, byte[] random)
    {
        GrantId = grantId;
        _random = random;
        Text = prefix + Base64Url.EncodeToString([.. grantId.ToByteArray(bigEndian: true), .. random]);
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Text)));
    }

    /// <summary>The grant that the secret claims to belong to.</summary>
    public Guid GrantId { get; }

    /// <summary>The secret as the client holds it.</summary>
    public string Text { get; }

    /// <summary>SHA-256 of the text, hexadecimal: what is stored. (256 random bits need no salt and no slow hash.)</summary>
    public string Hash { get; }

    /// <summary>The random part, from which other keys may be derived.</summary>
    public ReadOnlySpan<byte> Random => _random;

    /// <summary>Makes a new secret of a grant.</summary>
    public static GrantSecret New(string prefix, Guid grantId) => new(prefix, grantId, RandomNumberGenerator.GetBytes(RandomLength));

    /// <summary>Reads a secret; false for anything that <see cref="New"/> could not have made.</summary>
    public static bool TryParse(string prefix, string? text, [NotNullWhen(true)] out GrantSecret? secret)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        secret = null;
        Span<byte> bytes = stackalloc byte[IdLength + RandomLength];

        // 48 bytes are exactly 64 characters without spare bits, so every secret has one spelling only.
        if (text is null || text.Length != prefix.Length + 64 || !text.StartsWith(prefix, StringComparison.Ordinal)
            || text.AsSpan().ContainsAny("= \t\r\n")
            || Base64Url.DecodeFromChars(text.AsSpan(prefix.Length), bytes, out _, out var written) != OperationStatus.Done || written != bytes.Length)
        {
            return false;
        }

        secret = new GrantSecret(prefix, new Guid(bytes[..IdLength], bigEndian: true), bytes[IdLength..].ToArray());
        return true;
    }

    /// <summary>Compares hashes in constant time; an empty one matches nothing.</summary>
    public static bool HashEquals(string? stored, string presented)
        => !string.IsNullOrEmpty(stored) && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(stored), Encoding.ASCII.GetBytes(presented));

    /// <summary>Never the secret: this text may end in a log.</summary>
    public override string ToString() => $"secret of grant {GrantId}";
}
