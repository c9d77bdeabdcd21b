using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Upstream.OAuth;

/// <summary>What this product is at an authorization server.</summary>
/// <param name="ClientId">Its name there.</param>
/// <param name="AuthMethod"><c>none</c>, <c>client_secret_basic</c> or <c>client_secret_post</c>.</param>
/// <param name="RegistrationId">The <see cref="UpstreamRegistration"/> that has the secret; null for a client that an administrator made, or without registration.</param>
public sealed record UpstreamClient(string ClientId, string AuthMethod, Guid? RegistrationId)
{
    public const string None = "none";
    public const string Basic = "client_secret_basic";
    public const string Post = "client_secret_post";

    /// <summary>
    /// Whether this is still what the product is for a server at an authorization server. A client made by hand belongs to the issuer and the token
    /// endpoint that were entered with it: its secret goes nowhere else. And who gave a secret cannot go on without
    /// one, nor the other way round.
    /// </summary>
    /// <param name="server">The server as it is now.</param>
    /// <param name="issuer">The authorization server where the client was used.</param>
    /// <param name="tokenEndpoint">Its token endpoint.</param>
    public bool IsOf(McpServer server, string issuer, string tokenEndpoint)
    {
        ArgumentNullException.ThrowIfNull(server);
        return server.OauthClient is { } entered
            ? RegistrationId is null && ClientId == entered.ClientId && !entered.IsSecretForAnybody
                && (AuthMethod == None) == (entered.TokenEndpointAuthMethod == None)
                && (entered.Issuer ?? issuer) == issuer && (entered.TokenEndpoint ?? tokenEndpoint) == tokenEndpoint
            : RegistrationId is not null || AuthMethod == None;
    }

    /// <summary>
    /// Whether the authorization server that a server names may be asked to revoke tokens: not where a token endpoint was entered without its issuer, for
    /// then the server alone says where revocation is, and would get tokens and secret of another.
    /// </summary>
    public static bool MayRevoke(McpServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return server.OauthClient is not { Issuer: null, TokenEndpoint: not null };
    }
}

/// <summary>
/// A dynamic registration (RFC 7591) at an authorization server: one for each server and callback, so that an answer for one server is none for
/// another.
/// </summary>
public sealed record UpstreamRegistration
{
    /// <summary>Made of the three below.</summary>
    public required Guid Id { get; init; }

    public required Guid ServerId { get; init; }

    public required string Issuer { get; init; }

    public required string RedirectUri { get; init; }

    public required string ClientId { get; init; }

    public required string AuthMethod { get; init; }

    /// <summary>Sealed by this service's keys at rest; null for a public client.</summary>
    public byte[]? Secret { get; init; }

    /// <summary>Null = never.</summary>
    public DateTimeOffset? SecretExpiresAt { get; init; }

    /// <summary>What the secret is sealed for.</summary>
    [JsonIgnore]
    public string Purpose => PurposeOf(Id);

    public static string PurposeOf(Guid id) => $"upstream-registration:{id}";
}
