using System.Text.Json.Serialization;

namespace ManagedOAuth.AuthorizationServer.Registration;

/// <summary>The members of a registration request (RFC 7591 §2) that mean something here; all others are ignored.</summary>
public sealed record RegistrationRequest
{
    public IReadOnlyList<string?>? RedirectUris { get; init; }

    public string? TokenEndpointAuthMethod { get; init; }

    public IReadOnlyList<string?>? GrantTypes { get; init; }

    public IReadOnlyList<string?>? ResponseTypes { get; init; }

    public string? ClientName { get; init; }

    public string? Scope { get; init; }

    /// <summary>Only looked at to refuse it beside <see cref="Jwks"/>; never fetched.</summary>
    public string? JwksUri { get; init; }

    /// <summary>Only looked at to refuse it beside <see cref="JwksUri"/>.</summary>
    public System.Text.Json.JsonElement? Jwks { get; init; }
}

/// <summary>The registered client as the registration response shows it (RFC 7591 §3.2.1): exactly what is stored.</summary>
public sealed record RegistrationResponse
{
    public required string ClientId { get; init; }

    public required long ClientIdIssuedAt { get; init; }

    public string? ClientName { get; init; }

    public required IReadOnlyList<string> RedirectUris { get; init; }

    public required IReadOnlyList<string> GrantTypes { get; init; }

    public required IReadOnlyList<string> ResponseTypes { get; init; }

    /// <summary>Clients are public, whatever they asked for (RFC 7591 §3.2.1 lets the server replace it).</summary>
    public string TokenEndpointAuthMethod { get; } = "none";

    public string? Scope { get; init; }
}

/// <summary>JSON of both: snake case, no member twice, at most 16 deep.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    MaxDepth = 16)]
[JsonSerializable(typeof(RegistrationRequest))]
[JsonSerializable(typeof(RegistrationResponse))]
internal sealed partial class RegistrationJson : JsonSerializerContext;
