using System.Net;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Portals.Sessions;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>Somebody in whose name a server is asked, without the request that they came with.</summary>
/// <param name="Principal">Who it is.</param>
/// <param name="Credential">What they came with.</param>
/// <param name="Client">Their address, as it was then.</param>
/// <param name="FlowId">Trace id of the request.</param>
internal sealed record UpstreamCaller(PortalPrincipal Principal, VerifiedCredential Credential, IPAddress? Client, string FlowId);
