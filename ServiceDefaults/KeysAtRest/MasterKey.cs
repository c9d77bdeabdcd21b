using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.ServiceDefaults.Startup;

namespace ManagedOAuth.ServiceDefaults.KeysAtRest;

/// <summary>The key outside the database that wraps the data keys inside it. Only ever read: nothing here makes or replaces it.</summary>
internal sealed class MasterKey
{
    private const int Size = 32;
    private readonly byte[] _wrapping;

    private MasterKey(byte[] key, string path)
    {
        Path = path;
        _wrapping = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, Size, info: "managedoauth data-key wrap v1"u8.ToArray());
        Id = Convert.ToHexStringLower(HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 8, info: "managedoauth master-key id v1"u8.ToArray()));
    }

    /// <summary>The file it came from.</summary>
    public string Path { get; }

    /// <summary>Tells one master key from another without telling anything about it.</summary>
    public string Id { get; }

    /// <exception cref="StartupRefusedException">Not given, not there, readable by others, or not 32 bytes in base64.</exception>
    public static MasterKey Read(string path)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw new StartupRefusedException("KeysAtRest:MasterKeyFile is missing. It is the path of a file with 32 random bytes in base64 (openssl rand -base64 32), mode 0600.");
        }

        if (!File.Exists(path))
        {
            throw new StartupRefusedException(
                $"The master key file '{path}' does not exist. On a first start make it with: (umask 077; openssl rand -base64 32 > '{path}'). " +
                "If the database has been used before, restore the file from its backup: a new one cannot open what the old one sealed.");
        }

        PemFiles.RequireOwnerOnly(path);
        var key = new byte[Size + 1];
        try
        {
            var text = File.ReadAllText(path).Trim();
            if (text.Length > 64 || !Convert.TryFromBase64String(text, key, out var length) || length != Size)
            {
                throw new StartupRefusedException(
                    $"The master key file '{path}' is damaged: it does not hold 32 bytes in base64. Restore it from its backup; it is not replaced by itself, because a new key cannot open what the old one sealed.");
            }

            return new MasterKey(key[..Size], path);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public byte[] Wrap(ReadOnlySpan<byte> dataKey, string name) =>
        Aead.Encrypt(_wrapping, dataKey, Encoding.UTF8.GetBytes(name));

    /// <exception cref="CryptographicException">Another master key wrapped it, or it was changed.</exception>
    public byte[] Unwrap(ReadOnlySpan<byte> wrapped, string name) =>
        Aead.Decrypt(_wrapping, wrapped, Encoding.UTF8.GetBytes(name));
}
