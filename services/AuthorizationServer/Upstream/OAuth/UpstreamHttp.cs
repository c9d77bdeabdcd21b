using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Upstream.OAuth;

/// <summary>Requests to MCP servers behind portals and to their authorization servers: to the internet, and to the networks that this installation names.</summary>
public sealed class UpstreamHttp(OutboundGuard guard) : OutboundHttp(guard, OutboundReach.Public);
