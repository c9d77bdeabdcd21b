namespace ManagedOAuth.Token.Clients;

/// <summary>What authorization-server knows of a client.</summary>
/// <param name="IsKnown">Registered at this application.</param>
/// <param name="IsAuthenticated">Its secret was right, or it has none and sent none.</param>
public sealed record ClientStanding(bool IsKnown, bool IsAuthenticated);

/// <summary>Asks authorization-server about a client: only where the grant itself does not tell.</summary>
public interface IClientDirectory
{
    /// <summary>Throws when there is no answer in time: an outage, never a "no".</summary>
    Task<ClientStanding> AuthenticateAsync(Guid applicationId, string clientId, string? secret, CancellationToken cancellation);
}
