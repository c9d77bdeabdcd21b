namespace ManagedOAuth.Contracts.Tokens;

/// <summary>What a sealed access token holds: all that an edge needs to let a request pass.</summary>
public sealed record AccessTokenPayload
{
    public required Guid GrantId { get; init; }

    /// <summary>Unique per token.</summary>
    public required Guid TokenId { get; init; }

    /// <summary>The application's audience tag.</summary>
    public required string Audience { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>Whole seconds; never after the end of the grant.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Space-separated; may be empty.</summary>
    public required string Scope { get; init; }

    /// <summary>The client the token was issued to.</summary>
    public required string ClientId { get; init; }

    /// <summary>The signed assertion that the origin gets: the very JWT that a browser session of this user carries.</summary>
    public required string Assertion { get; init; }

    /// <summary>JWK thumbprint when the token is bound to a key (RFC 9449 §6.1); empty = a bearer token.</summary>
    public string Confirmation { get; init; } = "";
}
