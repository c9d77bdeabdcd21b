using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ManagedOAuth.ServiceDefaults.HotStore;

/// <summary>Whose certificates a Redis may show: those that an authority of the operator's own has issued, for the name that it is called by.</summary>
internal static class RedisTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Judges by the authorities of a PEM file, and by no others.</summary>
    /// <exception cref="CryptographicException">The file holds no certificate.</exception>
    public static RemoteCertificateValidationCallback In(string file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities.Count > 0
            ? (_, certificate, sent, errors) => Accepts(authorities, certificate, sent, errors)
            : throw new CryptographicException($"{file} holds no certificate.");
    }

    private static bool Accepts(X509Certificate2Collection authorities, X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }

        using var chain = new X509Chain();
        using var shown = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(shown);
    }
}
