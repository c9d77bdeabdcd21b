using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.ServiceDefaults.Outbound;

/// <summary>The published signature keys (RFC 7517 §5) of a server outside.</summary>
public sealed class PublicKeys(OutboundHttp http, TimeProvider clock)
{
    private const int MaximumKeys = 100;
    private const int SmallestRsa = 2048;

    private readonly OutboundCache<IReadOnlyList<SecurityKey>> _known = new(clock);

    /// <summary>The keys; read again, though not too often, when <paramref name="keyId"/> is none of the known ones.</summary>
    /// <exception cref="OutboundUnavailableException">The set cannot be read, and none is known from before.</exception>
    public async Task<IReadOnlyList<SecurityKey>> FindAsync(string url, string? keyId, CancellationToken cancellation)
    {
        var keys = await _known.GetAsync(url, Read, cancellation);
        return string.IsNullOrEmpty(keyId) || keys.Any(key => key.KeyId == keyId) ? keys : await _known.RefreshAsync(url, Read, cancellation);

        async Task<IReadOnlyList<SecurityKey>> Read(CancellationToken ct) => Usable(await http.GetJsonAsync(url, ct));
    }

    /// <summary>The public signature keys of a set. A symmetric key in a public document is no secret, and short RSA keys are none either.</summary>
    /// <exception cref="OutboundUnavailableException">It is no key set.</exception>
    public static IReadOnlyList<SecurityKey> Usable(JsonElement document)
    {
        if (!document.TryGetProperty("keys", out var keys) || keys.ValueKind != JsonValueKind.Array || keys.GetArrayLength() > MaximumKeys)
        {
            throw new OutboundUnavailableException("The key set is none, or too large.");
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
            throw new OutboundUnavailableException("The key set cannot be read.", malformed);
        }
    }
}
