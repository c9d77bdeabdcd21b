namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>Somebody logged in at an MCP server.</summary>
/// <param name="ServerId">The server's record.</param>
/// <param name="Server">Its name in the admin API.</param>
/// <param name="UserId">Null = the administrator, for everybody.</param>
/// <param name="Issuer">The authorization server.</param>
/// <param name="ClientId">What this product is there.</param>
/// <param name="Scope">What was granted.</param>
/// <param name="Account">Who is logged in there; may be empty.</param>
/// <param name="FlowId">The flow it belongs to.</param>
public sealed record UpstreamConnected(Guid ServerId, string Server, Guid? UserId, string Issuer, string ClientId, string Scope, string Account, string FlowId);

/// <summary>A login at an MCP server is worth nothing any more.</summary>
/// <param name="Reason">For people.</param>
public sealed record UpstreamRefreshFailed(Guid ServerId, Guid? UserId, string Reason);

/// <summary>A login at an MCP server was removed here.</summary>
/// <param name="Reason"><c>user</c>, <c>administrator</c>, <c>sign_out</c>, <c>user_revoked</c>, <c>user_deprovisioned</c> or <c>server_removed</c>.</param>
public sealed record UpstreamForgotten(Guid ServerId, Guid? UserId, string Reason);
