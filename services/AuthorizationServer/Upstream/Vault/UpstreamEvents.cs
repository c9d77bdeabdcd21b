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

/// <summary>An MCP server refused a call for which a login was granted too little: the next login asks for more.</summary>
/// <param name="Scope">What the login lacks.</param>
public sealed record UpstreamScopeWanted(Guid ServerId, Guid? UserId, string Scope);

/// <summary>The authorization server of an MCP server refused a login for what it asked for beside what the server names first.</summary>
/// <param name="Scope">What the next login does not ask for any more.</param>
public sealed record UpstreamScopeNotGiven(Guid ServerId, Guid? UserId, string Scope);

/// <summary>A login at an MCP server was removed here.</summary>
/// <param name="Reason"><c>user</c>, <c>administrator</c>, <c>sign_out</c>, <c>user_revoked</c>, <c>user_deprovisioned</c> or <c>server_removed</c>.</param>
public sealed record UpstreamForgotten(Guid ServerId, Guid? UserId, string Reason);
