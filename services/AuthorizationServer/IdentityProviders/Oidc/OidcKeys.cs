using System.Text.Json;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Http;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;

/// <summary>The keys that a provider signs ID tokens with.</summary>
public sealed class OidcKeys(ProviderHttp http, TimeProvider clock)
{
    private const int MaximumKeys = 100;
    private const int SmallestRsa = 2048;

    private readonly ProviderCache<IReadOnlyList<SecurityKey>> _known = new(clock);

    /// <summary>The keys; read again, though not too often, when <paramref name="keyId"/> is none of the known ones.</summary>
    public async Task<IReadOnlyList<SecurityKey>> FindAsync(string url, string? keyId, CancellationToken cancellation)
    {
        var keys = await _known.GetAsync(url, Read, cancellation);
        return string.IsNullOrEmpty(keyId) || keys.Any(key => key.KeyId == keyId) ? keys : await _known.RefreshAsync(url, Read, cancellation);

        async Task<IReadOnlyList<SecurityKey>> Read(CancellationToken ct) => Usable(await http.GetJsonAsync(url, ct));
    }

    /// <summary>The public signature keys of a set. A symmetric key in a public document is no secret, and short RSA keys are none either.</summary>
    public static IReadOnlyList<SecurityKey> Usable(JsonElement document)
    {
        if (!document.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array || keys.GetArrayLength() > MaximumKeys)
        {
            throw new ProviderUnavailableException("The provider's key set is none, or too large.");
        }

        try
        {
            return [
                .. new JsonWebKeySet(document.GetRawText()).Keys
                    .Where(key => key.Use is null or "" or JsonWebKeyUseNames.Sig)
                    .Where(key => (key.Kty == JsonWebAlgorithmsKeyTypes.RSA && key.KeySize >= SmallestRsa) || key.Kty == JsonWebAlgorithmsKeyTypes.EllipticCurve),
            ];
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException or JsonException)
        {
            throw new ProviderUnavailableException("The provider's key set cannot be read.", malformed);
        }
    }
}
