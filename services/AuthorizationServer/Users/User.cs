namespace ManagedOAuth.AuthorizationServer.Users;

/// <summary>Somebody who has logged in at least once, or whom an identity provider has provisioned; unique by normalised address.</summary>
/// <remarks>
/// A document, not a projection: it is written in the transaction of the login or of the provider's change, under a lock, and its id, which every assertion
/// carries, may not be made anew.
/// </remarks>
public sealed record User
{
    /// <summary><c>sub</c> of every assertion.</summary>
    public required Guid Id { get; init; }

    /// <summary>Normalised.</summary>
    public required string Email { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null for somebody who was provisioned and has not come yet.</summary>
    public DateTimeOffset? LastLoginAt { get; init; }

    /// <summary>The identity providers by which they have logged in; null = not known: they first came before it was kept.</summary>
    public IReadOnlyList<Guid>? LoginProviders { get; init; }

    /// <summary>What identity providers told of the user by themselves; null = nothing.</summary>
    public IReadOnlyList<ProvisionedProfile>? Provisioned { get; init; }

    /// <summary>Whether everything that this user is came by one identity provider; false where that is not known.</summary>
    public bool IsOnlyOf(Guid provider)
        => (LastLoginAt is null || LoginProviders?.All(by => by == provider) == true) && Provisioned?.All(profile => profile.ProviderId == provider) != false;

    /// <summary>The user after a login.</summary>
    public User AfterLogin(Guid provider, DateTimeOffset now) => this with
    {
        LastLoginAt = now,
        LoginProviders = LoginProviders is null && LastLoginAt is not null ? null : [.. (LoginProviders ?? []).Union([provider])],
    };
}

/// <summary>A user as one identity provider has provisioned them.</summary>
/// <param name="ProviderId">The identity provider.</param>
/// <param name="ResourceId">The SCIM resource.</param>
/// <param name="DisplayName">May be empty.</param>
/// <param name="Active">Whether the provider lets them in.</param>
public sealed record ProvisionedProfile(Guid ProviderId, Guid ResourceId, string DisplayName, bool Active);
