using System.Text.Json;

namespace ManagedOAuth.AuthorizationServer.Scim.Store;

/// <summary>A user as an identity provider describes them (RFC 7643 §4.1): what this service looks at, and everything else as it came.</summary>
public sealed record ScimUserState
{
    public required Guid ProviderId { get; init; }

    public required string UserName { get; init; }

    public string? ExternalId { get; init; }

    /// <summary>Normalised: the primary address, else the work address, else the first, else the user name if it is one. Null when there is none.</summary>
    public string? Email { get; init; }

    public string DisplayName { get; init; } = "";

    public required bool Active { get; init; }

    /// <summary>The whole resource without <c>id</c>, <c>meta</c>, <c>groups</c> and passwords.</summary>
    public required JsonElement Attributes { get; init; }
}

/// <summary>An identity provider made a user known.</summary>
public sealed record ScimUserCreated(ScimUserState User, DateTimeOffset At);

/// <summary>The provider described the user anew; the whole of it as it is now.</summary>
public sealed record ScimUserChanged(ScimUserState User, DateTimeOffset At);

/// <summary>The provider no longer knows the user.</summary>
public sealed record ScimUserRemoved(DateTimeOffset At);

/// <summary>A provisioned user, folded from its stream; kept after it was removed, because a removed user may not log in.</summary>
public sealed class ScimUser : IScimResource
{
    public Guid Id { get; set; }

    public long Version { get; set; }

    public Guid ProviderId { get; set; }

    public ScimUserState State { get; set; } = null!;

    /// <summary>Unique: the provider and the user name in lower case; null for a removed user, whose name is free again.</summary>
    public string? Key { get; set; }

    /// <summary>In lower case.</summary>
    public string UserNameKey { get; set; } = "";

    public string? Email { get; set; }

    public string? ExternalId { get; set; }

    public bool Active { get; set; }

    public bool Removed { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Addresses by which logins of this user are recognised.</summary>
    public IEnumerable<string> LoginAddresses() => new[] { Email, UserNameKey.Contains('@', StringComparison.Ordinal) ? UserNameKey : null }.OfType<string>().Distinct(StringComparer.Ordinal);

    public void Apply(ScimUserCreated e)
    {
        CreatedAt = e.At;
        Take(e.User, e.At);
    }

    public void Apply(ScimUserChanged e) => Take(e.User, e.At);

    public void Apply(ScimUserRemoved e) => (Removed, Active, Key, UpdatedAt) = (true, false, null, e.At);

    private void Take(ScimUserState state, DateTimeOffset at)
    {
        (State, ProviderId, Email, ExternalId, Active, UpdatedAt) = (state, state.ProviderId, state.Email, state.ExternalId, state.Active, at);
        UserNameKey = state.UserName.ToLowerInvariant();
        Key = $"{state.ProviderId} {UserNameKey}";
    }
}
