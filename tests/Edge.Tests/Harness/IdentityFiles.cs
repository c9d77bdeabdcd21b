using System.Security.Cryptography;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>Key files of the services of one test process, as a topology would lay them out.</summary>
public static class IdentityFiles
{
    private static readonly Lazy<string> s_folder = new(Create);

    public static IEnumerable<KeyValuePair<string, string?>> Settings(string service) =>
    [
        new("ServiceIdentity:Name", service),
        new("ServiceIdentity:KeyFile", Path.Combine(s_folder.Value, $"{service}.key.pem")),
        new("ServiceIdentity:TrustedKeys", Path.Combine(s_folder.Value, "trusted")),
    ];

    private static string Create()
    {
        var folder = TemporaryFolder.Create("edge-identities");
        Directory.CreateDirectory(Path.Combine(folder, "trusted"));
        foreach (var service in new[] { "edge", "token", "config", "authorization-server" })
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var file = Path.Combine(folder, $"{service}.key.pem");
            File.WriteAllText(file, key.ExportPkcs8PrivateKeyPem());
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.WriteAllText(Path.Combine(folder, "trusted", $"{service}.pub.pem"), key.ExportSubjectPublicKeyInfoPem());
        }

        return folder;
    }
}
