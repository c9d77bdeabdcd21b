using System.Text.Json.Serialization;

namespace ManagedOAuth.AuthorizationServer.Metadata;

/// <summary>Metadata of a protected resource (RFC 9728 §2). Members without a value are left out (§3.2).</summary>
public sealed record ProtectedResourceMetadata
{
    /// <summary>The identifier that the document was asked for, code point by code point (§3.3).</summary>
    public required string Resource { get; init; }

    /// <summary>One entry: the application's issuer, the same bytes as in its authorization server metadata.</summary>
    public required IReadOnlyList<string> AuthorizationServers { get; init; }

    /// <summary>Tokens are taken from the Authorization header only (RFC 6750 §2.1).</summary>
    public IReadOnlyList<string> BearerMethodsSupported { get; } = ["header"];

    /// <summary>The application's name.</summary>
    public string? ResourceName { get; init; }
}

/// <summary>Metadata of an application's authorization server (RFC 8414 §2): what works, and nothing else.</summary>
public sealed record AuthorizationServerMetadata
{
    /// <summary>The application's origin, byte for byte as in every <c>iss</c>.</summary>
    public required string Issuer { get; init; }

    public required string AuthorizationEndpoint { get; init; }

    public required string TokenEndpoint { get; init; }

    /// <summary>Only while dynamic registration is on for the application.</summary>
    public string? RegistrationEndpoint { get; init; }

    public required string RevocationEndpoint { get; init; }

    public IReadOnlyList<string> RevocationEndpointAuthMethodsSupported { get; } = ["none"];

    public IReadOnlyList<string> ResponseTypesSupported { get; } = ["code"];

    public IReadOnlyList<string> ResponseModesSupported { get; } = ["query"];

    public IReadOnlyList<string> GrantTypesSupported { get; } = ["authorization_code", "refresh_token"];

    public IReadOnlyList<string> TokenEndpointAuthMethodsSupported { get; } = ["none"];

    /// <summary>RFC 7636: S256 and never plain.</summary>
    public IReadOnlyList<string> CodeChallengeMethodsSupported { get; } = ["S256"];

    /// <summary>RFC 9207 §3: every authorization response has <c>iss</c>.</summary>
    public bool AuthorizationResponseIssParameterSupported { get; } = true;
}

/// <summary>JSON of the documents: snake case, no nulls.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProtectedResourceMetadata))]
[JsonSerializable(typeof(AuthorizationServerMetadata))]
internal sealed partial class MetadataJson : JsonSerializerContext;
