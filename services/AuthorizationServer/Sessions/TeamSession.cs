using System.Text.Json.Serialization;

namespace ManagedOAuth.AuthorizationServer.Sessions;

/// <summary>
/// That a browser is signed on at the team domain. It may not be lost, so it is a document in PostgreSQL; deleting it ends the session.
/// </summary>
public sealed record TeamSession
{
    /// <summary>SHA-256 of the cookie in base64url: whoever reads the table cannot use it.</summary>
    public required string Id { get; init; }

    /// <summary>The stream of the login that began it.</summary>
    public required Guid LoginId { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>Normalised.</summary>
    public required string Email { get; init; }

    public required Guid ProviderId { get; init; }

    public required string ProviderType { get; init; }

    /// <summary>What the provider said at the login besides the address.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Claims { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>What the provider can be asked again with, where it gave something of the kind.</summary>
    public Guid? ProviderGrantId { get; init; }

    /// <summary>What other services said about the user for the application at hand; belongs to a transaction and is not kept here.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, bool>? Evaluations { get; init; }

    public required DateTimeOffset AuthenticatedAt { get; init; }

    /// <summary>As the organization's setting was at the login; a setting shortened since then counts too.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
