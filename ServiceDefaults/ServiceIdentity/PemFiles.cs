using System.Security.Cryptography;
using ManagedOAuth.ServiceDefaults.Startup;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>Reads the key files of service identities and refuses what is not a P-256 key.</summary>
internal static class PemFiles
{
    private const UnixFileMode OthersMayTouch =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public static ECDsaSecurityKey ReadPrivateKey(string path)
    {
        RequireOwnerOnly(path);
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            RequireP256(key, path);
            _ = key.ExportECPrivateKey().Length; // throws when the file holds only the public half
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new StartupRefusedException($"The private key in '{path}' cannot be used: {exception.Message}", exception);
        }

        return new ECDsaSecurityKey(key);
    }

    /// <summary>All public keys of a file, in its order.</summary>
    public static List<ECDsaSecurityKey> ReadPublicKeys(string path)
    {
        var keys = new List<ECDsaSecurityKey>();
        var rest = File.ReadAllText(path).AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            var block = rest[fields.Location];
            if (rest[fields.Label] is not "PUBLIC KEY")
            {
                throw new CryptographicException($"'{path}' holds a {rest[fields.Label]}; only PUBLIC KEY blocks belong there.");
            }

            var key = ECDsa.Create();
            key.ImportFromPem(block);
            RequireP256(key, path);
            keys.Add(new ECDsaSecurityKey(key));
            rest = rest[fields.Location.End..];
        }

        return keys;
    }

    /// <summary>A secret that others on the machine can read is none.</summary>
    public static void RequireOwnerOnly(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersMayTouch) != 0)
        {
            throw new StartupRefusedException($"'{path}' holds a secret and others than its owner may read or write it. Run: chmod 600 '{path}'");
        }
    }

    private static void RequireP256(ECDsa key, string path)
    {
        if (key.KeySize != 256 || key.ExportParameters(false).Curve.Oid.Value != "1.2.840.10045.3.1.7")
        {
            throw new CryptographicException($"'{path}' holds a key of another curve than P-256.");
        }
    }
}
