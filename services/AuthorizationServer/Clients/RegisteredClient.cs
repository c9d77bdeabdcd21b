namespace ManagedOAuth.AuthorizationServer.Clients;

/// <summary>
/// A client that registered itself (RFC 7591). A document and not a stream, because anybody can register: it ends at
/// <see cref="ExpiresAt"/> unless a grant of it lives. Its stream of events begins at the first consent.
/// </summary>
public sealed record RegisteredClient
{
    /// <summary><c>client_id</c>: 32 hexadecimal digits, 128 random bits.</summary>
    public required string Id { get; init; }

    /// <summary>The stream of the client's events: the same 128 bits.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Guid StreamId => new(Convert.FromHexString(Id));

    /// <summary>The only application at which the client exists.</summary>
    public required Guid ApplicationId { get; init; }

    /// <summary>What the client calls itself, made harmless; null when it gave no name.</summary>
    public string? Name { get; init; }

    /// <summary>What may be used, byte for byte as sent.</summary>
    public required IReadOnlyList<string> RedirectUris { get; init; }

    /// <summary>What was asked for and not registered.</summary>
    public IReadOnlyList<string> RefusedRedirectUris { get; init; } = [];

    public required IReadOnlyList<string> GrantTypes { get; init; }

    public required IReadOnlyList<string> ResponseTypes { get; init; }

    /// <summary>The scope that the client registered for; null when none.</summary>
    public string? Scope { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>After this the client is unknown, unless one of its grants lives.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
