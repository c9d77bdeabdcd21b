using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Contracts.Configuration;
using Marten;

namespace ManagedOAuth.Config.Portals.Alerts;

/// <summary>How it stands with one login that somebody made at a server, as AuthorizationServer last told it. Messages come in any order: an older one never wins.</summary>
public sealed record McpUserLogin
{
    /// <summary>How long one that is in order is remembered: far longer than a message may be under way.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    // As many as an alert names.
    private const int Most = 1000;

    /// <summary>See <see cref="IdOf"/>.</summary>
    public required Guid Id { get; init; }

    /// <summary><see cref="McpServer.Id"/>.</summary>
    public required Guid ServerUid { get; init; }

    /// <summary>The user's address; empty for the login that everybody shares.</summary>
    public required string User { get; init; }

    /// <summary>It is worth nothing any more.</summary>
    public required bool IsStale { get; init; }

    /// <summary>When that became so.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What the server wants that it was not granted, space-separated.</summary>
    public string MissingScope
    {
        // Null in what versions before kept: where a member is missing, the serializer sets null and not what stands here.
        get => field ?? "";
        init;
    }

    /// <summary>The id for a server and a user; null = the shared login.</summary>
    public static Guid IdOf(Guid server, Guid? user) => new(SHA256.HashData(Encoding.ASCII.GetBytes($"mcp-user-login {server:N} {user:N}")).AsSpan(0, 16));

    /// <summary>What the login that everybody shares was not granted.</summary>
    /// <param name="session">Reads.</param>
    /// <param name="server">The server.</param>
    /// <param name="changed">What the session is about to store; null = nothing.</param>
    /// <param name="ct">Gives up.</param>
    internal static async Task<IReadOnlyList<string>> MissingScopesAsync(IQuerySession session, McpServer server, McpUserLogin? changed, CancellationToken ct)
    {
        var id = IdOf(server.Id, null);
        var shared = changed?.Id == id ? changed : await session.LoadAsync<McpUserLogin>(id, ct);
        return shared is { IsStale: false } ? shared.MissingScope.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];
    }

    /// <summary>Users of a server whose logins are worth nothing any more, ordered.</summary>
    /// <param name="session">Reads.</param>
    /// <param name="server">The server.</param>
    /// <param name="changed">What the session is about to store; null = nothing.</param>
    /// <param name="ct">Gives up.</param>
    internal static async Task<IReadOnlyList<string>> StaleUsersAsync(IQuerySession session, McpServer server, McpUserLogin? changed, CancellationToken ct)
    {
        var stored = await session.QueryAsync<McpUserLogin>(
            "where d.data ->> 'serverUid' = ? and (d.data ->> 'isStale')::boolean and d.data ->> 'user' <> '' order by id limit ?", ct, server.Id.ToString(), Most);
        var now = stored.Where(login => login.Id != changed?.Id).ToList();
        if (changed is { IsStale: true, User.Length: > 0 } && now.Count < Most)
        {
            now.Add(changed);
        }

        return [.. now.Select(login => login.User).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }
}
