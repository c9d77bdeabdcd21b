using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace ManagedOAuth.Contracts.Tokens;

/// <summary>
/// The form of an access token: <c>mo_at_</c> + base64url(key id (8) | nonce (12) | ciphertext | tag (16)), AES-256-GCM with the prefix
/// and key id as additional data. Opaque to the client, complete for the edge: no look-up, no asymmetric cryptography.
/// </summary>
public static class SealedAccessToken
{
    public const int KeyIdLength = 8;

    /// <summary>Longest token that is looked at at all.</summary>
    public const int MaximumLength = 8192;

    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int Overhead = KeyIdLength + NonceLength + TagLength;
    private const byte FormatVersion = 1;
    private const int FixedLength = 1 + 16 + 16 + 8 + 8;

    /// <summary>Seals a payload with the application's current key.</summary>
    public static string Seal(AccessTokenPayload payload, ReadOnlySpan<byte> keyId, AesGcm key)
    {
        ArgumentNullException.ThrowIfNull(payload);
        ArgumentNullException.ThrowIfNull(key);
        var plain = Write(payload);
        var sealedBytes = new byte[Overhead + plain.Length];
        keyId[..KeyIdLength].CopyTo(sealedBytes);
        var nonce = sealedBytes.AsSpan(KeyIdLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        key.Encrypt(
            nonce,
            plain,
            sealedBytes.AsSpan(KeyIdLength + NonceLength, plain.Length),
            sealedBytes.AsSpan(sealedBytes.Length - TagLength),
            AdditionalData(keyId));
        return SecretPrefixes.AccessToken + Base64Url.EncodeToString(sealedBytes);
    }

    /// <summary>
    /// Opens a token. <paramref name="findKey"/> gives the key for a key id, or null when there is none. False for anything that is not
    /// exactly what <see cref="Seal"/> made; expiry, audience and revocation are the caller's to check.
    /// </summary>
    public static bool TryOpen(ReadOnlySpan<char> token, Func<ulong, AesGcm?> findKey, [NotNullWhen(true)] out AccessTokenPayload? payload)
    {
        ArgumentNullException.ThrowIfNull(findKey);
        payload = null;
        if (token.Length > MaximumLength || !token.StartsWith(SecretPrefixes.AccessToken, StringComparison.Ordinal))
        {
            return false;
        }

        var text = token[SecretPrefixes.AccessToken.Length..];
        Span<byte> buffer = stackalloc byte[MaximumLength];
        if (!TryDecodeCanonical(text, buffer, out var length) || length <= Overhead + FixedLength)
        {
            return false;
        }

        var bytes = buffer[..length];
        var key = findKey(BinaryPrimitives.ReadUInt64BigEndian(bytes));
        if (key is null)
        {
            return false;
        }

        Span<byte> plain = stackalloc byte[length - Overhead];
        try
        {
            key.Decrypt(
                bytes.Slice(KeyIdLength, NonceLength),
                bytes[(KeyIdLength + NonceLength)..^TagLength],
                bytes[^TagLength..],
                plain,
                AdditionalData(bytes));
        }
        catch (AuthenticationTagMismatchException)
        {
            // Forged or damaged: an answer, not a fault.
            return false;
        }

        payload = Read(plain);
        return payload is not null;
    }

    // Base64url has spare bits in its last character: a token with other spare bits is another string for the same bytes, so it is refused.
    private static bool TryDecodeCanonical(ReadOnlySpan<char> text, Span<byte> bytes, out int length)
    {
        length = 0;
        if (text.ContainsAny("= \t\r\n") || Base64Url.DecodeFromChars(text, bytes, out _, out length) != OperationStatus.Done)
        {
            return false;
        }

        Span<char> again = stackalloc char[MaximumLength];
        return Base64Url.TryEncodeToChars(bytes[..length], again, out var written) && text.SequenceEqual(again[..written]);
    }

    private static byte[] AdditionalData(ReadOnlySpan<byte> keyId)
    {
        var data = new byte[SecretPrefixes.AccessToken.Length + KeyIdLength];
        Encoding.ASCII.GetBytes(SecretPrefixes.AccessToken, data);
        keyId[..KeyIdLength].CopyTo(data.AsSpan(SecretPrefixes.AccessToken.Length));
        return data;
    }

    private static byte[] Write(AccessTokenPayload payload)
    {
        var stream = new MemoryStream(1024);
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(FormatVersion);
        writer.Write(payload.GrantId.ToByteArray(bigEndian: true));
        writer.Write(payload.TokenId.ToByteArray(bigEndian: true));
        writer.Write(payload.IssuedAt.ToUnixTimeSeconds());
        writer.Write(payload.ExpiresAt.ToUnixTimeSeconds());
        writer.Write(payload.Audience);
        writer.Write(payload.ClientId);
        writer.Write(payload.Scope);
        writer.Write(payload.Confirmation);
        writer.Write(payload.Assertion);
        writer.Flush();
        return stream.ToArray();
    }

    private static AccessTokenPayload? Read(ReadOnlySpan<byte> plain)
    {
        if (plain[0] != FormatVersion)
        {
            return null;
        }

        using var reader = new BinaryReader(new MemoryStream(plain[33..].ToArray()), Encoding.UTF8);
        return new AccessTokenPayload
        {
            GrantId = new Guid(plain.Slice(1, 16), bigEndian: true),
            TokenId = new Guid(plain.Slice(17, 16), bigEndian: true),
            IssuedAt = DateTimeOffset.FromUnixTimeSeconds(reader.ReadInt64()),
            ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(reader.ReadInt64()),
            Audience = reader.ReadString(),
            ClientId = reader.ReadString(),
            Scope = reader.ReadString(),
            Confirmation = reader.ReadString(),
            Assertion = reader.ReadString(),
        };
    }
}
