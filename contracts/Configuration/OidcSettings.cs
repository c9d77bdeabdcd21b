using System.Text.Json;
using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>
/// <c>config</c> of an identity provider of type <c>oidc</c>. Either the provider describes itself (<see cref="IssuerUrl"/> alone, OpenID Connect
/// Discovery 1.0), or its three endpoints are given.
/// </summary>
public sealed record OidcSettings
{
    /// <summary>Our <c>client_id</c> there.</summary>
    public required string ClientId { get; init; }

    /// <summary>Only in what authorization-server gets; sealed everywhere else.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>PKCS #8 in PEM for <c>private_key_jwt</c> (RFC 7523); kept like <see cref="ClientSecret"/>.</summary>
    public string? PrivateKey { get; init; }

    /// <summary><c>kid</c> of assertions that <see cref="PrivateKey"/> signs.</summary>
    public string? PrivateKeyId { get; init; }

    /// <summary>The provider's issuer, without the well-known path. With explicit endpoints it is what <c>iss</c> of ID tokens must be.</summary>
    public string? IssuerUrl { get; init; }

    /// <summary>Authorization endpoint (RFC 6749 §3.1).</summary>
    public string? AuthUrl { get; init; }

    /// <summary>Token endpoint (RFC 6749 §3.2).</summary>
    public string? TokenUrl { get; init; }

    /// <summary>Key set (RFC 7517 §5).</summary>
    public string? CertsUrl { get; init; }

    /// <summary>UserInfo endpoint (OpenID Connect Core §5.3), asked for claims that the ID token does not carry.</summary>
    public string? UserinfoUrl { get; init; }

    /// <summary>Where a user ends their session at the provider (RP-Initiated Logout 1.0).</summary>
    public string? EndSessionUrl { get; init; }

    /// <summary>Claims that policies may look at and origins are told.</summary>
    public IReadOnlyList<string> Claims { get; init; } = [];

    /// <summary>The claim with the user's address.</summary>
    public string EmailClaimName { get; init; } = "email";

    /// <summary>The claim with the names of the user's groups; null = none.</summary>
    public string? GroupsClaimName { get; init; }

    /// <summary>What is asked for; <c>offline_access</c> among it lets refreshes follow the user's claims.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = ["openid", "profile", "email"];

    /// <summary>RFC 7636 with S256; only for a provider that refuses the parameter should it be off.</summary>
    public bool PkceEnabled { get; init; } = true;

    /// <summary><c>client_secret_basic</c>, <c>client_secret_post</c>, <c>private_key_jwt</c> or <c>none</c>; null = what the provider offers.</summary>
    public string? TokenEndpointAuthMethod { get; init; }

    /// <summary>Further parameters of the authorization request, such as <c>prompt</c> or <c>access_type</c>.</summary>
    public IReadOnlyDictionary<string, string> AuthorizationParameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the provider's own description is read.</summary>
    [JsonIgnore]
    public bool UsesDiscovery => AuthUrl is null;

    /// <summary>Reads <c>config</c>; a member that is not there has its default.</summary>
    public static OidcSettings? Read(JsonElement? config) => ProviderConfigJson.Read<OidcSettings>(config);
}
