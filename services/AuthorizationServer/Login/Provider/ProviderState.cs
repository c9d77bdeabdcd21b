using System.Text.Json.Serialization;

namespace ManagedOAuth.AuthorizationServer.Login.Provider;

/// <summary>
/// What a <c>state</c> stands for while its browser is at a provider: the transaction it belongs to and the one provider whose answer counts. It
/// is the browser's transaction that the answer must come back to, so nothing of the browser is repeated here.
/// </summary>
public sealed record ProviderState
{
    /// <summary>256 random bits.</summary>
    public required string Id { get; init; }

    public required string TransactionId { get; init; }

    public required Guid ProviderId { get; init; }

    /// <summary>The user has to log in there again.</summary>
    public bool ForceLogin { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProviderState))]
internal sealed partial class ProviderStateJson : JsonSerializerContext;
