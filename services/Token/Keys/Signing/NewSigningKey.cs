using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ManagedOAuth.Token.Keys.Signing;

/// <summary>A key that was just made.</summary>
public sealed record NewSigningKey(string KeyId, string Algorithm, string PublicKey, string Certificate, byte[] PrivateKey)
{
    public const string Rs256 = "RS256";
    public const string Es256 = "ES256";

    /// <summary>Makes an RSA key of 2048 bits or a P-256 key, with a self-signed certificate for origins that take no JWK.</summary>
    public static NewSigningKey Make(string algorithm, DateTimeOffset now)
    {
        var name = new X500DistinguishedName("CN=ManagedOAuth assertion signing key");
        if (algorithm == Es256)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return Of(algorithm, key.ExportSubjectPublicKeyInfo(), key.ExportPkcs8PrivateKey(), new CertificateRequest(name, key, HashAlgorithmName.SHA256), now);
        }

        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest(name, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return Of(Rs256, rsa.ExportSubjectPublicKeyInfo(), rsa.ExportPkcs8PrivateKey(), request, now);
    }

    private static NewSigningKey Of(string algorithm, byte[] publicKey, byte[] privateKey, CertificateRequest request, DateTimeOffset now)
    {
        // The key's life is what the ring says; the certificate only carries it, and must not end before.
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        return new NewSigningKey(
            Convert.ToHexStringLower(SHA256.HashData(publicKey)), algorithm, Convert.ToBase64String(publicKey), certificate.ExportCertificatePem(), privateKey);
    }

    /// <summary>Never the key.</summary>
    public override string ToString() => $"signing key {KeyId}";
}

/// <summary>A private key, sealed; stored with the event that publishes its public half.</summary>
public sealed class SigningKeyMaterial
{
    /// <summary>The key id.</summary>
    public string Id { get; set; } = "";

    public byte[] Sealed { get; set; } = [];

    internal static string Purpose(string keyId) => $"signing-key:{keyId}";
}
