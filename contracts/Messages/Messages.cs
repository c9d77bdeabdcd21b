namespace ManagedOAuth.Contracts.Messages;

/// <summary>Config to Token: an application is gone; its grants end.</summary>
/// <param name="Position">Configuration position that holds the deletion.</param>
public sealed record ApplicationDeleted(Guid ApplicationId, long Position);

/// <summary>Config to Token: what decides access to these applications changed; their live grants are evaluated again.</summary>
/// <param name="ApplicationIds">The applications that the changed policy, group, provider or application touches.</param>
/// <param name="Position">Evaluate on a snapshot that is at least this new.</param>
public sealed record PolicyChanged(IReadOnlyList<Guid> ApplicationIds, long Position);

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

/// <summary>AuthorizationServer to Config: a login at an MCP server was made or removed, or died.</summary>
/// <param name="ServerId">The server's record.</param>
/// <param name="UserId">Null = the administrator's login, which everybody shares.</param>
/// <param name="User">The user's address, for people; empty for the shared login.</param>
/// <param name="IsStale">It is worth nothing any more: somebody has to log in again.</param>
/// <param name="Reason">Why, for people; empty when it is not stale.</param>
public sealed record UpstreamLoginChanged(Guid ServerId, Guid? UserId, string User, bool IsStale, string Reason);
