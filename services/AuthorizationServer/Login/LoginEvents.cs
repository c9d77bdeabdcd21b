using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.AuthorizationServer.Login;

/// <summary>A user proved who they are: the stream of a login begins.</summary>
public sealed record UserLoggedIn(
    Guid UserId, string Email, Guid ProviderId, string ProviderType, Guid ApplicationId, string ClientAddress, string FlowId)
{
    /// <summary>Who it is at the identity provider; empty for a one-time PIN.</summary>
    public string ProviderSubject { get; init; } = "";
}

/// <summary>A policy, or the user at the consent page, kept a logged-in user from an application.</summary>
/// <param name="Reason"><c>policy</c> or <c>user</c>.</param>
/// <param name="ClientId">The OAuth client; empty for a browser.</param>
/// <param name="PolicyRule">The rule that decided.</param>
public sealed record AccessDenied(
    string Reason,
    Guid UserId,
    string Email,
    Guid ApplicationId,
    string ClientId,
    Guid? PolicyId,
    string? PolicyName,
    long PolicyVersion,
    string PolicyRule,
    PolicyOutcome Outcome,
    string ClientAddress,
    string FlowId)
{
    /// <summary>Microseconds since 1970; 0 where it was not recorded yet.</summary>
    public long At { get; init; }

    /// <summary>The identity provider of the login; empty where it was not recorded yet.</summary>
    public Guid ProviderId { get; init; }

    public string ProviderType { get; init; } = "";

    /// <summary>The country of the address at that time (ISO 3166-1); empty where it is not known.</summary>
    public string Country { get; init; } = "";
}

/// <summary>The policies let a logged-in user into an application.</summary>
/// <param name="ClientId">The OAuth client; empty for a browser.</param>
/// <param name="PolicyRule">The rule that decided.</param>
public sealed record AccessAllowed(
    Guid UserId,
    string Email,
    Guid ProviderId,
    string ProviderType,
    Guid ApplicationId,
    string ClientId,
    Guid? PolicyId,
    string? PolicyName,
    long PolicyVersion,
    string PolicyRule,
    string ClientAddress,
    string FlowId)
{
    /// <summary>Microseconds since 1970; 0 where it was not recorded yet.</summary>
    public long At { get; init; }

    /// <summary>The country of the address at that time (ISO 3166-1); empty where it is not known.</summary>
    public string Country { get; init; } = "";
}

/// <summary>Somebody did not prove who they are: the only event of a stream of its own.</summary>
/// <param name="Reason"><c>pin_wrong</c>, <c>pin_locked</c> (too many wrong ones), or <c>provider_refused: ...</c> with what was wrong about the provider's answer.</param>
/// <param name="UserId">Whose address it is; the empty uuid where it is no user's or is not known.</param>
/// <param name="Email">The address that was given; empty where the provider's answer does not count.</param>
/// <param name="ClientId">The OAuth client; empty for a browser.</param>
/// <param name="At">Microseconds since 1970.</param>
public sealed record LoginFailed(
    string Reason, Guid UserId, string Email, Guid ProviderId, string ProviderType, Guid ApplicationId, string ClientId, string ClientAddress, string FlowId, long At)
{
    /// <summary>The country of the address at that time (ISO 3166-1); empty where it is not known.</summary>
    public string Country { get; init; } = "";
}

/// <summary>The user ended the team session of this login.</summary>
public sealed record UserLoggedOut(string ClientAddress, string FlowId);

/// <summary>A login and what came of it.</summary>
public sealed class LoginRecord
{
    /// <summary>The stream.</summary>
    public Guid Id { get; set; }

    /// <summary>How many events.</summary>
    public long Version { get; set; }

    public Guid UserId { get; set; }

    public string Email { get; set; } = "";

    /// <summary>Whether the team session was ended by the user.</summary>
    public bool LoggedOut { get; set; }

    /// <summary>How often the user was kept from an application.</summary>
    public int Denials { get; set; }

    public void Apply(UserLoggedIn login) => (UserId, Email) = (login.UserId, login.Email);

    public void Apply(AccessDenied _) => Denials++;

    public void Apply(LoginFailed failed) => (UserId, Email) = (failed.UserId, failed.Email);

    public void Apply(UserLoggedOut _) => LoggedOut = true;
}
