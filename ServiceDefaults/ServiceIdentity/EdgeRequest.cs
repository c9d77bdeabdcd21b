using System.Net;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>
/// What Edge vouches for about a public request that it hands to a service. It is a feature of the request
/// (<c>context.GetEdgeRequest()</c>) and the only source of these facts: nothing is taken from
/// <c>Host</c>, <c>Forwarded</c> or the connection.
/// </summary>
/// <param name="ApplicationId">The application whose domain was asked; null at the team and dashboard domains.</param>
/// <param name="PublicOrigin">Scheme and authority of that domain as configured: <c>http://localhost:8700</c>.</param>
/// <param name="ClientAddress">The client's address as Edge saw it.</param>
/// <param name="FlowId">The trace id of the request, 32 hexadecimal digits: the correlation id of what it causes.</param>
/// <param name="User">Whom the policies of the dashboard's application let in; null everywhere else.</param>
public sealed record EdgeRequest(Guid? ApplicationId, string PublicOrigin, IPAddress ClientAddress, string FlowId, EdgeUser? User = null);

/// <summary>A user whose session Edge verified.</summary>
/// <param name="Identity">Who they are, with the claims that the session carries.</param>
public sealed record EdgeUser(Identity Identity)
{
    /// <summary>The user's uuid: <c>sub</c> of the assertion.</summary>
    public Guid Id => Identity.UserId;

    /// <summary>Normalised.</summary>
    public string Email => Identity.Email;
}
