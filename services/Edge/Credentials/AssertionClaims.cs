using System.Buffers.Text;
using System.Text.Json;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>The claims of an assertion that the edge uses. Reading them verifies nothing.</summary>
internal sealed record AssertionClaims
{
    public string? Email { get; init; }

    /// <summary>From <c>identity_nonce</c>: base64url of the 16 bytes of the grant's id, big endian. Null for service tokens.</summary>
    public Guid? GrantId { get; init; }

    /// <summary>Client id of a service token.</summary>
    public string? CommonName { get; init; }

    /// <summary>The user with everything that rules look at; null when the assertion names none.</summary>
    public Identity? Identity { get; init; }

    /// <summary>Whether it was made out of another application's assertion: it is for its origin alone and opens nothing.</summary>
    public bool IsLinked { get; init; }

    /// <summary>The audience tag; null when there is none, or several.</summary>
    public string? Audience { get; init; }

    public DateTimeOffset IssuedAt { get; init; }

    /// <summary>Reads the payload of a JWT in compact form; null when it is none.</summary>
    public static AssertionClaims? TryRead(string assertion)
    {
        var first = assertion.IndexOf('.', StringComparison.Ordinal);
        var last = assertion.LastIndexOf('.');
        if (first < 0 || last <= first)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(assertion.AsSpan(first + 1, last - first - 1)));
            return json.RootElement.ValueKind == JsonValueKind.Object ? Read(json.RootElement) : null;
        }
        catch (Exception failure) when (failure is FormatException or JsonException)
        {
            // Not a JWT: an answer, not a fault.
            return null;
        }
    }

    private static AssertionClaims Read(JsonElement claims)
    {
        var email = Text(claims, "email");
        var issuedAt = claims.TryGetProperty("iat", out var iat) && iat.TryGetInt64(out var seconds) && seconds is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : default;
        return new AssertionClaims
        {
            Email = email,
            CommonName = Text(claims, "common_name"),
            GrantId = GrantIdOf(Text(claims, "identity_nonce")),
            IsLinked = claims.TryGetProperty("linked_app_uid", out _),
            Audience = claims.TryGetProperty("aud", out var aud) && aud.ValueKind == JsonValueKind.Array && aud.GetArrayLength() == 1 && aud[0].ValueKind == JsonValueKind.String
                ? aud[0].GetString()
                : null,
            IssuedAt = issuedAt,
            Identity = email is not null && Guid.TryParse(Text(claims, "sub"), out var user)
                ? new Identity
                {
                    UserId = user,
                    Email = email,
                    IdentityProviderId = Guid.TryParse(Text(claims, "idp"), out var provider) ? provider : Guid.Empty,
                    IdentityProviderType = "",
                    AuthenticatedAt = issuedAt,
                    Claims = CustomOf(claims),
                    Evaluations = EvaluationsOf(claims),
                    ClaimsKnown = !claims.TryGetProperty("custom_complete", out var complete) || complete.ValueKind != JsonValueKind.False,
                }
                : null,
        };
    }

    private static Guid? GrantIdOf(string? nonce)
    {
        Span<byte> bytes = stackalloc byte[16];
        return nonce is { Length: 22 }
            && Base64Url.TryDecodeFromChars(nonce, bytes, out var length) && length == 16
            ? new Guid(bytes, bigEndian: true)
            : null;
    }

    private static Dictionary<string, IReadOnlyList<string>> CustomOf(JsonElement claims)
    {
        var result = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (!claims.TryGetProperty("custom", out var custom) || custom.ValueKind != JsonValueKind.Object)
        {
            return result;
        }

        foreach (var claim in custom.EnumerateObject())
        {
            result[claim.Name] = claim.Value.ValueKind == JsonValueKind.Array
                ? [.. claim.Value.EnumerateArray().Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!)]
                : claim.Value.ValueKind == JsonValueKind.String ? [claim.Value.GetString()!] : [];
        }

        return result;
    }

    private static Dictionary<string, bool>? EvaluationsOf(JsonElement claims)
        => claims.TryGetProperty("evaluations", out var evaluations) && evaluations.ValueKind == JsonValueKind.Object
            ? evaluations.EnumerateObject().Where(said => said.Value.ValueKind is JsonValueKind.True or JsonValueKind.False)
                .DistinctBy(said => said.Name).ToDictionary(said => said.Name, said => said.Value.GetBoolean(), StringComparer.Ordinal)
            : null;

    private static string? Text(JsonElement claims, string name)
        => claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
