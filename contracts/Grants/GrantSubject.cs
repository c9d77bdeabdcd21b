using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Grants;

/// <summary>How a grant is used.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<GrantKind>))]
public enum GrantKind
{
    /// <summary>An OAuth client's grant: access and refresh tokens.</summary>
    Oauth,

    /// <summary>A browser session at one application's domain: a cookie that carries the assertion.</summary>
    Browser,
}

/// <summary>Whose grant it is, for what and through which client; on every event of the grant, so that each can be found by itself.</summary>
public sealed record GrantSubject
{
    public required Guid ApplicationId { get; init; }

    /// <summary>The client; empty for a browser session.</summary>
    public required string ClientId { get; init; }

    /// <summary>What the client called itself when the user consented.</summary>
    public required string ClientName { get; init; }

    /// <summary>The user's uuid: <c>sub</c> of the assertion.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The user's address as it was at the login, normalised.</summary>
    public required string Email { get; init; }
}

/// <summary>Who or what ended a grant by a revocation.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<RevocationReason>))]
public enum RevocationReason
{
    /// <summary>The client gave its refresh token back (RFC 7009).</summary>
    Client,

    /// <summary>An administrator ended it.</summary>
    Administrator,

    /// <summary>The user ended it on their own page.</summary>
    User,

    /// <summary>The user signed out of the browser session.</summary>
    SignedOut,

    /// <summary>The application was deleted.</summary>
    ApplicationDeleted,

    /// <summary>Managed OAuth was switched off at the application.</summary>
    ManagedOauthOff,
}

/// <summary>What was presented a second time.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ReplayedCredential>))]
public enum ReplayedCredential
{
    AuthorizationCode,
    RefreshToken,
}
