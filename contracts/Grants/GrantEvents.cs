using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Contracts.Grants;

// The life of a grant, one stream per grant. Hashes stand where a secret was presented or made; a secret itself is in no event.
// Decision is what admitted the user last, or what ended the admission. AccessEndsAt is when the longest access token or session
// that this grant ever gave out is over: until then edges have to know that the grant ended.

/// <summary>The first event: a code was redeemed, or a browser session opened.</summary>
public sealed record GrantIssued
{
    public required GrantKind Kind { get; init; }

    public required GrantSubject Subject { get; init; }

    /// <summary>What the policies saw; later refreshes are decided on it.</summary>
    public required Identity Identity { get; init; }

    public required PolicyDecision Decision { get; init; }

    /// <summary>Position of the configuration that the decision was made on; 0 when another service made it.</summary>
    public long ConfigurationPosition { get; init; }

    /// <summary><c>none</c> for a public client.</summary>
    public string TokenEndpointAuthMethod { get; init; } = "none";

    /// <summary>Where the code was delivered.</summary>
    public string RedirectUri { get; init; } = "";

    /// <summary>The resource as the client named it, or the application's own.</summary>
    public string Resource { get; init; } = "";

    /// <summary>Space-separated; may be empty.</summary>
    public string Scope { get; init; } = "";

    /// <summary>SHA-256 of the authorization code, so that its replay is recognised for as long as the grant is known.</summary>
    public string CodeHash { get; init; } = "";

    /// <summary>The S256 challenge that the code was bound to (RFC 7636 §4.2).</summary>
    public string CodeChallenge { get; init; } = "";

    /// <summary>SHA-256 of the first refresh token.</summary>
    public string RefreshTokenHash { get; init; } = "";

    /// <summary>Id of the first access token.</summary>
    public Guid AccessTokenId { get; init; }

    /// <summary>When the login for this application was finished; the grant's whole duration counts from here.</summary>
    public required DateTimeOffset LoginAt { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public required DateTimeOffset AccessEndsAt { get; init; }

    public string FlowId { get; init; } = "";

    public string ClientAddress { get; init; } = "";

    public string UserAgent { get; init; } = "";
}

/// <summary>The refresh token was rotated after the policies admitted the user again.</summary>
public sealed record GrantRefreshed
{
    public required GrantSubject Subject { get; init; }

    public required PolicyDecision Decision { get; init; }

    /// <summary>What the identity provider said about the user now, where that is something new; null = as before.</summary>
    public Identity? Identity { get; init; }

    public long ConfigurationPosition { get; init; }

    /// <summary>SHA-256 of the new refresh token.</summary>
    public required string RefreshTokenHash { get; init; }

    /// <summary>Until when the token that was presented still yields this same successor, unless the successor is used before.</summary>
    public required DateTimeOffset GraceEndsAt { get; init; }

    public required Guid AccessTokenId { get; init; }

    /// <summary>Scope of the new access token; the grant keeps its own.</summary>
    public string Scope { get; init; } = "";

    /// <summary>End of the grant under the settings of now.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public required DateTimeOffset AccessEndsAt { get; init; }

    public required DateTimeOffset RefreshedAt { get; init; }

    public string FlowId { get; init; } = "";

    public string ClientAddress { get; init; } = "";
}

/// <summary>A refresh was repeated inside the window (its answer was lost, or several processes share the token): the same successor again.</summary>
public sealed record GrantRefreshRepeated
{
    public required GrantSubject Subject { get; init; }

    public required PolicyDecision Decision { get; init; }

    public long ConfigurationPosition { get; init; }

    public required Guid AccessTokenId { get; init; }

    public string Scope { get; init; } = "";

    public required DateTimeOffset ExpiresAt { get; init; }

    public required DateTimeOffset AccessEndsAt { get; init; }

    public string FlowId { get; init; } = "";

    public string ClientAddress { get; init; } = "";
}

/// <summary>One access token was revoked by its client (RFC 7009); the grant and its refresh token live on.</summary>
public sealed record AccessTokenRevoked
{
    public required GrantSubject Subject { get; init; }

    public required PolicyDecision Decision { get; init; }

    public required Guid TokenId { get; init; }

    public required DateTimeOffset TokenExpiresAt { get; init; }

    public string FlowId { get; init; } = "";
}

/// <summary>
/// Another application got an assertion of this user: the application of this grant passed its own on and a policy there links the two, or it is a portal
/// and asked one of its servers in the user's name. The grant lives on as it was; its end ends that assertion too.
/// </summary>
public sealed record LinkedAccessGiven
{
    public required GrantSubject Subject { get; init; }

    /// <summary>The policy of the other application that links the two, or admits the user.</summary>
    public required PolicyDecision Decision { get; init; }

    public long ConfigurationPosition { get; init; }

    /// <summary>The application that was asked for.</summary>
    public required Guid LinkedTo { get; init; }

    public required DateTimeOffset AssertionExpiresAt { get; init; }

    public string FlowId { get; init; } = "";

    public string ClientAddress { get; init; } = "";
}

/// <summary>The identity provider told something new about the user, and the policies admit them all the same.</summary>
public sealed record GrantIdentityChanged
{
    public required GrantSubject Subject { get; init; }

    public required Identity Identity { get; init; }

    public required PolicyDecision Decision { get; init; }

    public long ConfigurationPosition { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }
}

/// <summary>Ends the grant: the policies no longer admitted the user when the client refreshed.</summary>
public sealed record GrantRefreshDenied : IGrantEnd
{
    public required GrantSubject Subject { get; init; }

    public required PolicyDecision Decision { get; init; }

    public long ConfigurationPosition { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public required DateTimeOffset AccessEndsAt { get; init; }

    public string FlowId { get; init; } = "";

    public string ClientAddress { get; init; } = "";
}

/// <summary>Ends the grant: a changed configuration no longer admits the user.</summary>
public sealed record GrantDenied : IGrantEnd
{
    public required GrantSubject Subject { get; init; }

    public required PolicyDecision Decision { get; init; }

    public long ConfigurationPosition { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public required DateTimeOffset AccessEndsAt { get; init; }

    public string FlowId { get; init; } = "";
}

/// <summary>Ends the grant: a credential that had been used was used again, so somebody else may hold it (RFC 9700 §4.14.2).</summary>
public sealed record GrantReplayDetected : IGrantEnd
{
    public required GrantSubject Subject { get; init; }

    public required PolicyDecision Decision { get; init; }

    public required ReplayedCredential Credential { get; init; }

    /// <summary>Which refresh token came back: 1 = the first; 0 for a code.</summary>
    public int PresentedGeneration { get; init; }

    /// <summary>Which refresh token was the current one.</summary>
    public int CurrentGeneration { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public required DateTimeOffset AccessEndsAt { get; init; }

    public string FlowId { get; init; } = "";

    public string ClientAddress { get; init; } = "";
}

/// <summary>Ends the grant: somebody who may do so revoked it.</summary>
public sealed record GrantRevoked : IGrantEnd
{
    public required GrantSubject Subject { get; init; }

    public required PolicyDecision Decision { get; init; }

    public required RevocationReason Reason { get; init; }

    /// <summary>What the one who revoked said about it.</summary>
    public string Comment { get; init; } = "";

    public required DateTimeOffset EndedAt { get; init; }

    public required DateTimeOffset AccessEndsAt { get; init; }

    public string FlowId { get; init; } = "";

    public string ClientAddress { get; init; } = "";
}

/// <summary>Ends the grant: its duration, counted from the login, is over.</summary>
public sealed record GrantExpired : IGrantEnd
{
    public required GrantSubject Subject { get; init; }

    public required PolicyDecision Decision { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public required DateTimeOffset AccessEndsAt { get; init; }

    public string FlowId { get; init; } = "";
}
