namespace ManagedOAuth.AuthorizationServer.Clients;

/// <summary>The first user agreed to the client: its stream begins with what it had registered.</summary>
public sealed record ClientRegistered(
    string ClientId,
    Guid ApplicationId,
    string? Name,
    IReadOnlyList<string> RedirectUris,
    IReadOnlyList<string> RefusedRedirectUris,
    DateTimeOffset RegisteredAt);

/// <summary>A user let the client act for them at the application.</summary>
public sealed record ConsentGiven(Guid UserId, string Email, Guid ApplicationId, string RedirectUri, string Scope, string Resource, Guid LoginId, string FlowId);

/// <summary>An administrator ended the registration for good.</summary>
public sealed record ClientRevoked(string ClientId, Guid ApplicationId, DateTimeOffset RevokedAt);

/// <summary>A client's history in short.</summary>
public sealed class Client
{
    /// <summary>The stream.</summary>
    public Guid Id { get; set; }

    /// <summary>How many events.</summary>
    public long Version { get; set; }

    public string ClientId { get; set; } = "";

    public Guid ApplicationId { get; set; }

    /// <summary>How often users agreed.</summary>
    public int Consents { get; set; }

    public void Apply(ClientRegistered registered) => (ClientId, ApplicationId) = (registered.ClientId, registered.ApplicationId);

    public DateTimeOffset? RevokedAt { get; set; }

    public void Apply(ConsentGiven _) => Consents++;

    public void Apply(ClientRevoked revoked) => RevokedAt ??= revoked.RevokedAt;
}
