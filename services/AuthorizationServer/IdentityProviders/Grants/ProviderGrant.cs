namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;

/// <summary>
/// What an identity provider gave at one login to be asked again about its user: a refresh token or the like, sealed. Grants refer to it; it
/// stays as long as one of them may.
/// </summary>
public sealed record ProviderGrant
{
    /// <summary>The login's id.</summary>
    public required Guid Id { get; init; }

    public required Guid UserId { get; init; }

    public required Guid ProviderId { get; init; }

    /// <summary>Who it is at the provider.</summary>
    public required string Subject { get; init; }

    /// <summary>Sealed by this service's keys at rest; null once the provider has refused.</summary>
    public required byte[]? Credential { get; init; }

    /// <summary>Normalised.</summary>
    public required string Email { get; init; }

    /// <summary>As last heard.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Claims { get; init; }

    /// <summary>When that was.</summary>
    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>Why the provider no longer vouches for the user; final.</summary>
    public string? Refusal { get; init; }

    /// <summary>No grant refers to it after this.</summary>
    public required DateTimeOffset KeepUntil { get; init; }

    /// <summary>What the sealed credential is sealed for.</summary>
    public static string Purpose(Guid id) => $"provider-grant:{id}";
}
