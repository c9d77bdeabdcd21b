using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders;

/// <summary>
/// Requests to identity providers. Where they may go stands in the configuration or in a document that the configured provider itself gave; a
/// provider may well live inside the administrator's own network.
/// </summary>
public sealed class ProviderHttp(OutboundGuard guard) : OutboundHttp(guard, OutboundReach.Configured);
