namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;

/// <summary>Where and how an OpenID Connect provider is spoken with.</summary>
public sealed record OidcEndpoints
{
    /// <summary>What <c>iss</c> has to be; null = nobody said, see <see cref="IsIssuer"/>.</summary>
    public string? Issuer { get; init; }

    public required string Authorization { get; init; }

    public required string Token { get; init; }

    public required string Keys { get; init; }

    public string? Userinfo { get; init; }

    public string? EndSession { get; init; }

    /// <summary>The provider names itself in every answer (RFC 9207 §3), so one that does not is none of its own.</summary>
    public bool AlwaysNamesItself { get; init; }

    /// <summary>How we may authenticate (<c>token_endpoint_auth_methods_supported</c>).</summary>
    public IReadOnlyList<string> AuthMethods { get; init; } = [];

    /// <summary>
    /// Whether an issuer is this provider. Where no issuer is configured it has to have the origin of the endpoints that are: another
    /// provider's token is not taken for this one's.
    /// </summary>
    public bool IsIssuer(string issuer) => Issuer is not null
        ? string.Equals(issuer, Issuer, StringComparison.Ordinal)
        : Uri.TryCreate(issuer, UriKind.Absolute, out var named)
            && new[] { Authorization, Token }.Any(endpoint => Uri.Compare(named, new Uri(endpoint), UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0);
}
