using System.Text.Json;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;

/// <summary>An ID token whose signature, algorithm, issuer, audience and times are in order, as the rules about its claims see it.</summary>
public sealed record IdTokenContext
{
    /// <summary>All claims.</summary>
    public required JsonElement Claims { get; init; }

    /// <summary>The algorithm that signed it.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Our <c>client_id</c>.</summary>
    public required string ClientId { get; init; }

    /// <summary>What was sent with the authorization request; null at a refresh.</summary>
    public required string? Nonce { get; init; }

    /// <summary>Whom a token of a refresh has to be about; null at a login.</summary>
    public required string? Subject { get; init; }

    /// <summary>The access token that came along.</summary>
    public required string? AccessToken { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>A claim that is a text; null when it is absent or something else.</summary>
    public string? Text(string claim)
        => Claims.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
