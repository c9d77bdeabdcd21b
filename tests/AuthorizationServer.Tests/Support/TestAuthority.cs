using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ManagedOAuth.Testing;

namespace ManagedOAuth.AuthorizationServer.Tests.Support;

/// <summary>A certificate authority that this process trusts, as an operator makes one trusted on a machine.</summary>
internal static class TestAuthority
{
    private static readonly X509Certificate2 s_trusted = Create("CN=Trusted by the tests");

    /// <summary>A certificate for a host, and its key, both as PEM.</summary>
    /// <param name="host">The name in the certificate.</param>
    /// <param name="isTrusted">False = of an authority that nobody trusts.</param>
    public static (string Certificate, string Key) Issue(string host, bool isTrusted = true)
    {
        var authority = isTrusted ? s_trusted : Create("CN=Trusted by nobody");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(16));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    // Before anything in this process looks at a certificate: what is trusted is read once, and by OpenSSL's own names of the environment.
#pragma warning disable CA2255 // The assembly is loaded by the test host alone.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Trust()
    {
        var file = Path.Combine(TemporaryFolder.Create("authority"), "authority.pem");
        File.WriteAllText(file, s_trusted.ExportCertificatePem());
        if (SetEnvironment("SSL_CERT_FILE", file, 1) != 0)
        {
            throw new InvalidOperationException("The environment cannot be changed.");
        }
    }

    private static X509Certificate2 Create(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    [DllImport("libc", EntryPoint = "setenv"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
