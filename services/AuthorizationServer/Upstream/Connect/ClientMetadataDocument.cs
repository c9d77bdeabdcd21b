using System.Text.Json.Serialization;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;

namespace ManagedOAuth.AuthorizationServer.Upstream.Connect;

/// <summary>What this product says about itself as a client (RFC 7591 §2, OAuth Client ID Metadata Document §4).</summary>
public sealed record ClientMetadataDocument(
    string ClientId,
    string ClientName,
    string ClientUri,
    IReadOnlyList<string> RedirectUris,
    IReadOnlyList<string> GrantTypes,
    IReadOnlyList<string> ResponseTypes,
    string TokenEndpointAuthMethod)
{
    /// <summary>The document at an address.</summary>
    public static ClientMetadataDocument Of(string address, UpstreamCallback callback, string teamOrigin)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return new ClientMetadataDocument(
            address, callback.ClientName, teamOrigin, [callback.RedirectUri], ["authorization_code", "refresh_token"], ["code"], UpstreamClient.None);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ClientMetadataDocument))]
internal sealed partial class ClientMetadataJson : JsonSerializerContext;
