namespace ManagedOAuth.AuthorizationServer.Scim.Store;

/// <summary>An identity provider made a group known.</summary>
public sealed record ScimGroupCreated(Guid ProviderId, string DisplayName, string? ExternalId, DateTimeOffset At);

/// <summary>The group has another name now.</summary>
public sealed record ScimGroupChanged(string DisplayName, string? ExternalId, DateTimeOffset At);

/// <summary>Users joined and left the group.</summary>
public sealed record ScimGroupMembersChanged(IReadOnlyList<Guid> Added, IReadOnlyList<Guid> Removed, DateTimeOffset At);

/// <summary>The provider no longer knows the group.</summary>
public sealed record ScimGroupRemoved(DateTimeOffset At);

/// <summary>A provisioned group, folded from its stream. Its members are documents of their own, so that a large group changes in small steps.</summary>
public sealed class ScimGroup : IScimResource
{
    public Guid Id { get; set; }

    public long Version { get; set; }

    public Guid ProviderId { get; set; }

    public string DisplayName { get; set; } = "";

    /// <summary>In lower case.</summary>
    public string DisplayNameKey { get; set; } = "";

    public string? ExternalId { get; set; }

    public int Members { get; set; }

    public bool Removed { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public void Apply(ScimGroupCreated e)
    {
        (ProviderId, CreatedAt) = (e.ProviderId, e.At);
        Take(e.DisplayName, e.ExternalId, e.At);
    }

    public void Apply(ScimGroupChanged e) => Take(e.DisplayName, e.ExternalId, e.At);

    public void Apply(ScimGroupMembersChanged e) => (Members, UpdatedAt) = (Members + e.Added.Count - e.Removed.Count, e.At);

    public void Apply(ScimGroupRemoved e) => (Removed, Members, UpdatedAt) = (true, 0, e.At);

    private void Take(string displayName, string? externalId, DateTimeOffset at)
        => (DisplayName, DisplayNameKey, ExternalId, UpdatedAt) = (displayName, displayName.ToLowerInvariant(), externalId, at);
}

/// <summary>That a user is in a group.</summary>
public sealed record ScimMembership
{
    /// <summary>Group and user.</summary>
    public required string Id { get; init; }

    public required Guid GroupId { get; init; }

    public required Guid UserId { get; init; }

    public static string IdOf(Guid group, Guid user) => $"{group:N}{user:N}";

    public static ScimMembership Of(Guid group, Guid user) => new() { Id = IdOf(group, user), GroupId = group, UserId = user };
}
