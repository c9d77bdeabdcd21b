using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;

/// <summary>How this product proves to a provider who it is (OpenID Connect Core §9).</summary>
public sealed class ClientAuthentication(TimeProvider clock)
{
    private const string Basic = "client_secret_basic";
    private const string Post = "client_secret_post";
    private static readonly TimeSpan s_assertionLife = TimeSpan.FromMinutes(1);

    /// <summary>Adds what proves it to a token request.</summary>
    public void Apply(HttpRequestMessage request, Dictionary<string, string> form, OidcSettings settings, OidcEndpoints endpoints)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(form);
        switch (MethodOf(settings, endpoints))
        {
            case Basic:
                // Both are form-encoded first (RFC 6749 §2.3.1).
                var pair = $"{FormEncoded(settings.ClientId)}:{FormEncoded(settings.ClientSecret ?? "")}";
                request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(pair)));
                break;
            case Post:
                form["client_id"] = settings.ClientId;
                form["client_secret"] = settings.ClientSecret ?? "";
                break;
            case "private_key_jwt":
                form["client_id"] = settings.ClientId;
                form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                form["client_assertion"] = Assertion(settings, endpoints);
                break;
            default:
                form["client_id"] = settings.ClientId;
                break;
        }
    }

    private static string MethodOf(OidcSettings settings, OidcEndpoints endpoints)
        => settings.TokenEndpointAuthMethod
            ?? (settings.ClientSecret is null && settings.PrivateKey is not null ? "private_key_jwt"
                : settings.ClientSecret is null ? "none"

                // Without a word from the provider Basic is what it has to support; with explicit endpoints the original sends a form.
                : endpoints.AuthMethods.Count == 0 ? (settings.UsesDiscovery ? Basic : Post)
                : endpoints.AuthMethods.Contains(Basic) ? Basic : Post);

    private string Assertion(OidcSettings settings, OidcEndpoints endpoints)
    {
        var now = clock.GetUtcNow();
        using var key = PrivateKey.Read(settings.PrivateKey ?? "");
        var signing = key.Credentials;
        signing.Key.KeyId = settings.PrivateKeyId;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            SigningCredentials = signing,
            Issuer = settings.ClientId,

            // One audience, the issuer: an assertion for the token endpoint alone could be replayed by another server that names the same one.
            Audience = endpoints.Issuer ?? endpoints.Token,
            IssuedAt = now.UtcDateTime,
            Expires = (now + s_assertionLife).UtcDateTime,
            Claims = new Dictionary<string, object> { ["sub"] = settings.ClientId, ["jti"] = Guid.NewGuid().ToString("N") },
        });
    }

    private static string FormEncoded(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);

    private sealed class PrivateKey(AsymmetricAlgorithm algorithm, SigningCredentials credentials) : IDisposable
    {
        public SigningCredentials Credentials { get; } = credentials;

        public static PrivateKey Read(string pem)
        {
            // Cached signature providers would outlive the key that is disposed here.
            var factory = new CryptoProviderFactory { CacheSignatureProviders = false };
            try
            {
                var rsa = RSA.Create();
                rsa.ImportFromPem(pem);
                return new PrivateKey(rsa, new SigningCredentials(new RsaSecurityKey(rsa), SecurityAlgorithms.RsaSha256) { CryptoProviderFactory = factory });
            }
            catch (Exception notRsa) when (notRsa is CryptographicException or ArgumentException)
            {
                var ec = ECDsa.Create();
                ec.ImportFromPem(pem);
                return new PrivateKey(ec, new SigningCredentials(new ECDsaSecurityKey(ec), SecurityAlgorithms.EcdsaSha256) { CryptoProviderFactory = factory });
            }
        }

        public void Dispose() => algorithm.Dispose();
    }
}
