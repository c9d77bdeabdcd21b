using System.Security.Cryptography;
using System.Text;

namespace ManagedOAuth.AuthorizationServer.Registration;

/// <summary>A redirect URI that a client asked for at an application whose rules did not admit it: for an administrator, who may allow it.</summary>
public sealed record RefusedRedirectUri
{
    /// <summary>Made of application and URI, so that a repeated attempt is counted and not kept twice.</summary>
    public required Guid Id { get; init; }

    public required Guid ApplicationId { get; init; }

    public required string Uri { get; init; }

    /// <summary>What the client called itself at the last attempt, made harmless; null when it gave no name.</summary>
    public string? ClientName { get; init; }

    public required DateTimeOffset FirstAt { get; init; }

    public required DateTimeOffset LastAt { get; init; }

    public int Attempts { get; init; }

    /// <summary>The id of this URI at this application.</summary>
    public static Guid IdOf(Guid applicationId, string uri) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{applicationId:D} {uri}")).AsSpan(0, 16));
}
