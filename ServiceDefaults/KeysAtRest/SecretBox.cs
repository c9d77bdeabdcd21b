using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ManagedOAuth.ServiceDefaults.KeysAtRest;

/// <summary>
/// The box of this service. Sealed form: version (1 byte), data key's number (4), nonce (12), ciphertext, tag (16); the first
/// five and the purpose are authenticated along. The number lets a later data key take over while old boxes still open.
/// </summary>
internal sealed class SecretBox : ISecretBox
{
    private const byte FormatVersion = 1;
    private const int HeaderSize = 5;
    private volatile Keys? _keys;

    /// <summary>Called by the start-up step once the data keys are unwrapped; the highest number seals.</summary>
    public void Use(IReadOnlyDictionary<int, byte[]> dataKeys) => _keys = new Keys(dataKeys, dataKeys.Keys.Max());

    public bool IsOpen => _keys is not null;

    public byte[] Seal(string purpose, ReadOnlySpan<byte> secret)
    {
        var keys = _keys ?? throw new KeysUnavailableException();
        var header = new byte[HeaderSize];
        header[0] = FormatVersion;
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(1), keys.Current);
        var box = Aead.Encrypt(PurposeKey(keys.All[keys.Current], purpose), secret, Associated(header, purpose));
        return [.. header, .. box];
    }

    public byte[] Open(string purpose, ReadOnlySpan<byte> sealedSecret)
    {
        var keys = _keys ?? throw new KeysUnavailableException();
        if (sealedSecret.Length < HeaderSize + Aead.Overhead || sealedSecret[0] != FormatVersion)
        {
            throw new CryptographicException("Not something that was sealed.");
        }

        var header = sealedSecret[..HeaderSize];
        if (!keys.All.TryGetValue(BinaryPrimitives.ReadInt32BigEndian(header[1..]), out var dataKey))
        {
            throw new CryptographicException("Sealed by a data key that this service does not have.");
        }

        return Aead.Decrypt(PurposeKey(dataKey, purpose), sealedSecret[HeaderSize..], Associated(header, purpose));
    }

    private static byte[] PurposeKey(byte[] dataKey, string purpose)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, dataKey, 32, info: Encoding.UTF8.GetBytes("managedoauth secret-box v1|" + purpose));
    }

    private static byte[] Associated(ReadOnlySpan<byte> header, string purpose) => [.. header, .. Encoding.UTF8.GetBytes(purpose)];

    private sealed record Keys(IReadOnlyDictionary<int, byte[]> All, int Current);
}
