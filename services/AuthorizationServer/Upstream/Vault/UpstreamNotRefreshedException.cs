using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>One login cannot be refreshed now, which says nothing of others at the same authorization server: it refused, or the login is refreshed already.</summary>
/// <param name="what">What was tried and what came of it; without anything secret.</param>
public sealed class UpstreamNotRefreshedException(string what) : OutboundUnavailableException(what);
