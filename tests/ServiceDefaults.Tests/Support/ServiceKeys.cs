using System.Security.Cryptography;
using ManagedOAuth.Testing;

namespace ManagedOAuth.ServiceDefaults.Tests;

/// <summary>Key files of services, as the operator lays them out.</summary>
internal sealed class ServiceKeys
{
    private readonly string _folder = TemporaryFolder.Create("keys");

    public ServiceKeys(params string[] services)
    {
        Directory.CreateDirectory(Trusted);
        foreach (var service in services)
        {
            Add(service);
        }
    }

    public string Trusted => Path.Combine(_folder, "trusted");

    public string PrivateFile(string service) => Path.Combine(_folder, $"{service}.pem");

    public string PublicFile(string service) => Path.Combine(Trusted, $"{service}.pub.pem");

    /// <summary>A new key pair for a service, over whatever it had.</summary>
    public void Add(string service)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        WritePrivate(PrivateFile(service), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(PublicFile(service), key.ExportSubjectPublicKeyInfoPem());
    }

    public static void WritePrivate(string path, string text)
    {
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public string WriteMasterKey(string name = "master")
    {
        var path = Path.Combine(_folder, name);
        WritePrivate(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        return path;
    }

    public Dictionary<string, string?> SettingsFor(string service) => new()
    {
        ["ServiceIdentity:Name"] = service,
        ["ServiceIdentity:KeyFile"] = PrivateFile(service),
        ["ServiceIdentity:TrustedKeys"] = Trusted,
    };
}
