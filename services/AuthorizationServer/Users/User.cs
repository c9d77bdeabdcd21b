namespace ManagedOAuth.AuthorizationServer.Users;

/// <summary>Somebody who has logged in at least once; unique by normalised address.</summary>
public sealed record User
{
    /// <summary><c>sub</c> of every assertion.</summary>
    public required Guid Id { get; init; }

    /// <summary>Normalised.</summary>
    public required string Email { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset LastLoginAt { get; init; }
}
