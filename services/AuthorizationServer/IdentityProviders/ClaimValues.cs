using System.Text.Json;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders;

/// <summary>Claims as policies compare them: names with lists of texts, inside limits.</summary>
public static class ClaimValues
{
    /// <summary>
    /// The values of a claim: a text, number or truth value by itself, or each one of an array. Nothing is split or trimmed: <c>"eng,root"</c> is one
    /// value. What has a structure of its own is no value.
    /// </summary>
    public static IReadOnlyList<string> Of(JsonElement claim) => claim.ValueKind == JsonValueKind.Array
        ? [.. claim.EnumerateArray().Select(Single).OfType<string>().Distinct(StringComparer.Ordinal)]
        : Single(claim) is { } value ? [value] : [];

    /// <summary>
    /// Whether the claims are too many to be carried along. They are refused as a whole then: a list of groups that was cut could lose the very
    /// group that a policy excludes.
    /// </summary>
    public static bool AreTooLarge(IReadOnlyDictionary<string, IReadOnlyList<string>> claims)
    {
        ArgumentNullException.ThrowIfNull(claims);
        return claims.Values.Any(values => values.Count > IdentityClaims.MaximumValues || values.Any(value => value.Length > IdentityClaims.MaximumValueLength))
            || claims.Sum(claim => claim.Key.Length + claim.Value.Sum(value => value.Length)) > IdentityClaims.MaximumTotalLength;
    }

    private static string? Single(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };
}
