using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Token.Secrets;

namespace ManagedOAuth.Token.Refresh;

/// <summary>
/// The successor of a refresh token for as long as its predecessor may ask for it again: encrypted under a key that only the
/// predecessor yields, so that whoever reads the database learns nothing. One document per grant, replaced at the next rotation and
/// deleted at the end of the window.
/// </summary>
public sealed class RefreshSuccessor
{
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private static readonly byte[] s_purpose = "managedoauth refresh successor"u8.ToArray();

    /// <summary>The grant.</summary>
    public Guid Id { get; set; }

    /// <summary>Nonce, ciphertext and tag.</summary>
    public byte[] Sealed { get; set; } = [];

    /// <summary>End of the window, in milliseconds since 1970.</summary>
    public long ExpiresAt { get; set; }

    /// <summary>Encrypts the successor under its predecessor.</summary>
    public static RefreshSuccessor Seal(GrantSecret predecessor, GrantSecret successor, DateTimeOffset windowEnd)
    {
        ArgumentNullException.ThrowIfNull(predecessor);
        ArgumentNullException.ThrowIfNull(successor);
        var plain = Encoding.ASCII.GetBytes(successor.Text);
        var bytes = new byte[NonceLength + plain.Length + TagLength];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, NonceLength));
        using var key = KeyOf(predecessor);
        key.Encrypt(
            bytes.AsSpan(0, NonceLength), plain, bytes.AsSpan(NonceLength, plain.Length), bytes.AsSpan(NonceLength + plain.Length),
            predecessor.GrantId.ToByteArray(bigEndian: true));
        return new RefreshSuccessor { Id = predecessor.GrantId, Sealed = bytes, ExpiresAt = windowEnd.ToUnixTimeMilliseconds() };
    }

    /// <summary>Decrypts the successor; false when this document was sealed under another token.</summary>
    public bool TryOpen(GrantSecret predecessor, [NotNullWhen(true)] out GrantSecret? successor)
    {
        ArgumentNullException.ThrowIfNull(predecessor);
        successor = null;
        var length = Sealed.Length - NonceLength - TagLength;
        if (length <= 0)
        {
            return false;
        }

        var plain = new byte[length];
        using var key = KeyOf(predecessor);
        try
        {
            key.Decrypt(
                Sealed.AsSpan(0, NonceLength), Sealed.AsSpan(NonceLength, length), Sealed.AsSpan(NonceLength + length), plain,
                predecessor.GrantId.ToByteArray(bigEndian: true));
        }
        catch (AuthenticationTagMismatchException)
        {
            // Another rotation came in between: an answer, not a fault.
            return false;
        }

        return GrantSecret.TryParse(SecretPrefixes.RefreshToken, Encoding.ASCII.GetString(plain), out successor);
    }

    private static AesGcm KeyOf(GrantSecret predecessor)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, predecessor.Random, key, predecessor.GrantId.ToByteArray(bigEndian: true), s_purpose);
        return new AesGcm(key, TagLength);
    }
}
