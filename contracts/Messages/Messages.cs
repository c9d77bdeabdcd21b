namespace ManagedOAuth.Contracts.Messages;

/// <summary>Config to Token: an application is gone; its grants end.</summary>
/// <param name="Position">Configuration position that holds the deletion.</param>
public sealed record ApplicationDeleted(Guid ApplicationId, long Position);

/// <summary>Config to Token: what decides access to these applications changed; their live grants are evaluated again.</summary>
/// <param name="ApplicationIds">The applications that the changed policy, group, list or application touches.</param>
/// <param name="Position">Evaluate on a snapshot that is at least this new.</param>
public sealed record PolicyChanged(IReadOnlyList<Guid> ApplicationIds, long Position);

/// <summary>
/// Config to Token and AuthorizationServer: an identity provider was removed. Grants and sessions of users who came by it end, and stay so when it is restored.
/// </summary>
/// <param name="ProviderId">The identity provider.</param>
/// <param name="Position">Configuration position that holds the removal.</param>
/// <param name="At">When it was; what began by later logins is left to the configuration. The default (messages of before) = now.</param>
public sealed record ProviderRemoved(Guid ProviderId, long Position, DateTimeOffset At = default);

/// <summary>Token to AuthorizationServer: a client has a live grant; its registration stays.</summary>
public sealed record GrantOpened(Guid GrantId, Guid ApplicationId, string ClientId, Guid UserId, DateTimeOffset At);

/// <summary>Token to AuthorizationServer: a grant of a client ended.</summary>
public sealed record GrantEnded(Guid GrantId, Guid ApplicationId, string ClientId, Guid UserId, DateTimeOffset At);

/// <summary>
/// AuthorizationServer to Token: an identity provider changed, removed or moved users; what they hold by it is decided again.
/// </summary>
/// <param name="ProviderId">The identity provider.</param>
/// <param name="Emails">Their addresses, normalised; at most 500.</param>
/// <param name="Reauthenticate">
/// What they hold from logins before ends, whatever they may still do: they may no longer come in, go by another address now, or the provider's settings ask
/// for a new login after each change.
/// </param>
/// <param name="At">When it was; later logins know of it.</param>
public sealed record ProvisioningChanged(Guid ProviderId, IReadOnlyList<string> Emails, bool Reauthenticate, DateTimeOffset At);

/// <summary>
/// AuthorizationServer to Token: a user was revoked. Their grants end even where whoever asked for it is gone before they could.
/// </summary>
/// <param name="Email">Normalised.</param>
/// <param name="Actor">Who revoked them.</param>
/// <param name="At">When it was; later logins know of it.</param>
public sealed record UserRevoked(string Email, string Actor, DateTimeOffset At);

/// <summary>AuthorizationServer to Token: a client's registration was ended for good, and so do its grants.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Actor">Who ended it.</param>
/// <param name="At">When it was.</param>
public sealed record ClientBlocked(string ClientId, string Actor, DateTimeOffset At);

/// <summary>AuthorizationServer to Config: a login at an MCP server was made or removed, died, or was granted too little for something.</summary>
/// <param name="ServerId">The server's record.</param>
/// <param name="UserId">Null = the administrator's login, which everybody shares.</param>
/// <param name="User">The user's address, for people; empty for the shared login.</param>
/// <param name="IsStale">It is worth nothing any more: somebody has to log in again.</param>
/// <param name="Reason">Why, for people; empty when it is not stale.</param>
/// <param name="At">When it was: of two messages about a login, which may come in any order, the later one says how it is. Not in messages of versions
/// before: they count as of now.</param>
/// <param name="MissingScope">What the next login has to ask for, because the server wants it and this one was not granted it; empty = nothing.</param>
/// <param name="Client">What was logged in with; null = a client that an administrator entered, or a message of a version before.</param>
public sealed record UpstreamLoginChanged(Guid ServerId, Guid? UserId, string User, bool IsStale, string Reason, DateTimeOffset At = default, string MissingScope = "",
    UpstreamClientNamed? Client = null);

/// <summary>What this product is at the authorization server of an MCP server where it registered itself, or is known by its metadata document.</summary>
/// <param name="ClientId">Its name there.</param>
/// <param name="TokenEndpointAuthMethod">How it proves itself.</param>
/// <param name="Issuer">The authorization server.</param>
/// <param name="TokenEndpoint">Its token endpoint.</param>
/// <param name="Scope">What the login asked for; space-separated.</param>
public sealed record UpstreamClientNamed(string ClientId, string TokenEndpointAuthMethod, string Issuer, string TokenEndpoint, string Scope);
