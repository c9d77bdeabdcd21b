using System.Text.Json;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>
/// Reads settings of identity providers. By reflection, because a generated reader gives a member that is missing in older events its type's
/// default and not the record's: <c>pkce_enabled</c> would be off.
/// </summary>
internal static class ProviderConfigJson
{
    private static readonly JsonSerializerOptions s_options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static T? Read<T>(JsonElement? config)
        where T : class
        => config is { ValueKind: JsonValueKind.Object } json ? json.Deserialize<T>(s_options) : null;
}
