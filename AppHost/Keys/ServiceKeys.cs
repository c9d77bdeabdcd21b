using System.Security.Cryptography;

namespace ManagedOAuth.AppHost.Keys;

/// <summary>
/// Keys of the local topology, made at the first start: each service's ES256 identity (its private half in its own file, its public half where
/// all look), the master key of what is sealed at rest, the passwords of the database roles.
/// </summary>
public sealed class ServiceKeys
{
    private readonly string _directory;

    /// <summary>Makes what is missing.</summary>
    public ServiceKeys(string directory, params IEnumerable<string> services)
    {
        _directory = directory;
        TrustedDirectory = Path.Combine(directory, "trusted");
        Directory.CreateDirectory(TrustedDirectory);
        foreach (var service in services)
        {
            LocalState.SecretFile(PrivateKeyFile(service), NewPrivateKey);
            // Written from the private key at every start: the two can never differ.
            using var key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(PrivateKeyFile(service)));
            File.WriteAllText(Path.Combine(TrustedDirectory, service + ".pub.pem"), key.ExportSubjectPublicKeyInfoPem() + "\n");
        }
        LocalState.SecretFile(MasterKeyFile, () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n");
    }

    /// <summary>Directory of all public keys, <c>{service}.pub.pem</c>.</summary>
    public string TrustedDirectory { get; }

    /// <summary>32 random bytes in base64.</summary>
    public string MasterKeyFile => Path.Combine(_directory, "master.key");

    /// <summary>A service's private key, PKCS #8 in PEM.</summary>
    public string PrivateKeyFile(string service) => Path.Combine(_directory, service + ".pem");

    /// <summary>The password of a database role.</summary>
    public string DatabasePassword(string role) => LocalState.SecretFile(Path.Combine(_directory, role + ".database-password"), () => RandomNumberGenerator.GetHexString(48, lowercase: true));

    private static string NewPrivateKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }
}
