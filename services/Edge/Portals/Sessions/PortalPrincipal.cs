using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Credentials;

namespace ManagedOAuth.Edge.Portals.Sessions;

/// <summary>Who is at a portal: a user or a service token.</summary>
/// <param name="UserId">Null for a service token.</param>
/// <param name="ServiceTokenId">Null for a user.</param>
internal readonly record struct PortalPrincipal(Guid? UserId, Guid? ServiceTokenId)
{
    /// <summary>Tells any two of them apart; part of keys of whatever belongs to one of them.</summary>
    public string Key => UserId is { } user ? $"u:{user:N}" : $"s:{ServiceTokenId:N}";

    /// <summary>Null when the credential names nobody.</summary>
    public static PortalPrincipal? Of(VerifiedCredential credential)
        => credential.Kind == CredentialKind.ServiceToken
            ? credential.ServiceTokenId is { } token ? new PortalPrincipal(null, token) : null
            : credential.Identity is { } identity ? new PortalPrincipal(identity.UserId, null) : null;

    /// <summary>The same for the policies.</summary>
    public static PortalVisitor Visitor(VerifiedCredential credential, System.Net.IPAddress? client) => new(
        credential.Kind == CredentialKind.ServiceToken ? null : credential.Identity,
        new RequestFacts { ClientAddress = client, ServiceTokenId = credential.Kind == CredentialKind.ServiceToken ? credential.ServiceTokenId : null });
}
