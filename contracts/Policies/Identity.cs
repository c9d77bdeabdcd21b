namespace ManagedOAuth.Contracts.Policies;

/// <summary>A user as an identity provider vouched for them at a login: what identity rules look at.</summary>
public sealed record Identity
{
    /// <summary>The user's uuid: <c>sub</c> of the assertion.</summary>
    public required Guid UserId { get; init; }

    /// <summary>Normalised (trimmed, lower case).</summary>
    public required string Email { get; init; }

    public required Guid IdentityProviderId { get; init; }

    /// <summary><c>onetimepin</c>, <c>oidc</c>, ...</summary>
    public required string IdentityProviderType { get; init; }

    public required DateTimeOffset AuthenticatedAt { get; init; }

    /// <summary>
    /// Authorization-server's record of what lets it ask the identity provider for this user's claims of now; null when the provider gave
    /// nothing of the kind. Refreshes ask then.
    /// </summary>
    public Guid? ProviderGrantId { get; init; }

    /// <summary>Claims that the identity provider gave and the organization asked for; see <see cref="IdentityClaims"/>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Claims { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// What other services said about the user when this was asked last: by <see cref="Rule.ExternalEvaluation.Key"/>. What is not here is not known;
    /// null = nothing is.
    /// </summary>
    public IReadOnlyDictionary<string, bool>? Evaluations { get; init; }

    /// <summary>
    /// False while only the address is known (before the login is finished), and where some claims did not fit (in an assertion): a claim that
    /// is not among <see cref="Claims"/> is unknown then, not absent.
    /// </summary>
    public bool ClaimsKnown { get; init; } = true;
}
