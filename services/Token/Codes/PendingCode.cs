using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Token.Codes;

/// <summary>What an authorization code is bound to (OAuth 2.1 §4.1.2) until it is redeemed or over; the code itself only as a hash.</summary>
public sealed record PendingCode
{
    /// <summary>The grant to be; also the first part of the code.</summary>
    public required Guid GrantId { get; init; }

    public required string CodeHash { get; init; }

    public required Guid ApplicationId { get; init; }

    public required string ClientId { get; init; }

    public required string ClientName { get; init; }

    public required string TokenEndpointAuthMethod { get; init; }

    public required string RedirectUri { get; init; }

    public required string CodeChallenge { get; init; }

    /// <summary>As the client spelled it; empty = the application's own.</summary>
    public required string Resource { get; init; }

    public required string Scope { get; init; }

    public required Identity Identity { get; init; }

    public required string FlowId { get; init; }

    /// <summary>When the login for this application was finished: the grant's duration counts from here.</summary>
    public required DateTimeOffset LoginAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>What a session code stands for.</summary>
public sealed record PendingSession(Guid ApplicationId, string CodeHash, DateTimeOffset ExpiresAt);

/// <summary>JSON of what waits in the hot store.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PendingCode))]
[JsonSerializable(typeof(PendingSession))]
internal sealed partial class PendingJson : JsonSerializerContext;
