using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>One user's login at an MCP server, or the administrator's that everybody shares. Its id is also the stream of its events.</summary>
public sealed record UpstreamLogin
{
    /// <summary>See <see cref="IdOf"/>.</summary>
    public required Guid Id { get; init; }

    public required Guid ServerId { get; init; }

    /// <summary>Empty = the shared one.</summary>
    public required Guid UserId { get; init; }

    /// <summary>Where the tokens go, and nowhere else: a server that was moved needs a new login.</summary>
    public required string ServerUrl { get; init; }

    public required string Resource { get; init; }

    public required string Issuer { get; init; }

    public required string TokenEndpoint { get; init; }

    public string? RevocationEndpoint { get; init; }

    public required UpstreamClient Client { get; init; }

    public string Scope { get; init; } = "";

    /// <summary>What was asked for; null in logins of versions before, which did not say.</summary>
    public string? AskedScope { get; init; }

    /// <summary>What the next login asks for beside what the server names first: see <see cref="UpstreamScopes"/>.</summary>
    public string WantedScope
    {
        // Null in logins of versions before: where a member is missing, the serializer sets null and not what stands here.
        get => field ?? "";
        init;
    }

    /// <summary>Who is logged in there; may be empty.</summary>
    public string Account { get; init; } = "";

    /// <summary>Access and refresh token, sealed by this service's keys at rest; null once they are worth nothing.</summary>
    public byte[]? Tokens { get; init; }

    /// <summary>Random, another one for each access token.</summary>
    public required string CredentialId { get; init; }

    /// <summary>Of the access token; null = nobody said.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the user logged in.</summary>
    public DateTimeOffset ConnectedAt { get; init; }

    /// <summary>When the access token came; <see cref="ConnectedAt"/> for the first one.</summary>
    public DateTimeOffset RefreshedAt { get; init; }

    /// <summary>When somebody last had use for it, to the day; null = not since <see cref="ConnectedAt"/>.</summary>
    public DateTimeOffset? UsedAt { get; init; }

    /// <summary>Why it can no longer be used; for people. Only a new login helps.</summary>
    public string? Stale { get; init; }

    /// <summary>Who refreshes it now.</summary>
    public Guid? Turn { get; init; }

    /// <summary>When another one may try.</summary>
    public DateTimeOffset? TurnEndsAt { get; init; }

    /// <summary>The login of a user at a server; <see cref="Guid.Empty"/> = the shared one.</summary>
    public static Guid IdOf(Guid server, Guid user) => new(SHA256.HashData(Encoding.ASCII.GetBytes($"upstream-login {server:N} {user:N}")).AsSpan(0, 16));

    /// <summary>What the tokens are sealed for: one server at one address, and one user.</summary>
    public static string PurposeOf(Guid server, Guid user, string serverUrl) => $"upstream-login:{server}:{user}:{serverUrl}";
}

/// <summary>What is sealed.</summary>
/// <param name="AccessToken">For the server.</param>
/// <param name="RefreshToken">For its authorization server; null = none.</param>
public sealed record UpstreamSecrets(string AccessToken, string? RefreshToken)
{
    /// <summary>Nothing of it belongs into a log.</summary>
    public override string ToString() => "tokens";
}
