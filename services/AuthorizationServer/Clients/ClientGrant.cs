namespace ManagedOAuth.AuthorizationServer.Clients;

/// <summary>That a client has, or had, a grant: what Token told by <c>GrantOpened</c> and <c>GrantEnded</c>, in whichever order they came.</summary>
public sealed record ClientGrant
{
    /// <summary>The grant.</summary>
    public required Guid Id { get; init; }

    public required string ClientId { get; init; }

    public required Guid ApplicationId { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>Null while the grant lives. Kept for a while after the end, so that a late <c>GrantOpened</c> does not revive it.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}
