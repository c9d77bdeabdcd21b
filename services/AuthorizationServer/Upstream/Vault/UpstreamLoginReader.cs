using Marten;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>Finds logins at MCP servers.</summary>
public sealed class UpstreamLoginReader(IDocumentStore store, TimeProvider clock)
{
    /// <summary>The login; null when there is none.</summary>
    public async Task<UpstreamLogin?> FindAsync(Guid server, Guid user, CancellationToken cancellation)
    {
        await using var query = store.QuerySession();
        return await query.LoadAsync<UpstreamLogin>(UpstreamLogin.IdOf(server, user), cancellation);
    }

    /// <summary>Those of several servers, by server.</summary>
    public async Task<IReadOnlyDictionary<Guid, UpstreamLogin>> FindManyAsync(IEnumerable<Guid> servers, Guid user, CancellationToken cancellation)
    {
        await using var query = store.QuerySession();
        var found = await query.LoadManyAsync<UpstreamLogin>([.. servers.Select(server => UpstreamLogin.IdOf(server, user))], cancellation);
        return found.ToDictionary(login => login.ServerId);
    }

    /// <summary>Ids of some of a user's logins.</summary>
    public async Task<IReadOnlyList<Guid>> OfUserAsync(Guid user, int limit, CancellationToken cancellation)
    {
        await using var query = store.QuerySession();
        return [.. (await query.QueryAsync<UpstreamLogin>("where data ->> 'userId' = ? limit ?", cancellation, user.ToString("D"), limit)).Select(login => login.Id)];
    }

    /// <summary>Ids of logins, made before a time, at servers that are not among these.</summary>
    public async Task<IReadOnlyList<Guid>> ElsewhereAsync(IEnumerable<Guid> servers, DateTimeOffset before, int limit, CancellationToken cancellation)
    {
        await using var query = store.QuerySession();
        return [.. (await query.QueryAsync<UpstreamLogin>(
            "where not (data ->> 'serverId' = any(?)) and (data ->> 'connectedAt')::timestamptz < ? limit ?",
            cancellation,
            servers.Select(id => id.ToString("D")).ToArray(),
            before,
            limit)).Select(login => login.Id)];
    }

    /// <summary>
    /// Logins that nobody has renewed for a while and that are not over, in the order of their ids: those that somebody refreshes at this moment, and those that
    /// nobody has had use for, are left out.
    /// </summary>
    /// <param name="refreshedBefore">When they were renewed last.</param>
    /// <param name="endingBefore">When their tokens end.</param>
    /// <param name="usedAfter">When somebody had use for them.</param>
    /// <param name="after">The last id of the part before; empty = from the beginning.</param>
    /// <param name="limit">Most.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<UpstreamLogin>> IdleAsync(
        DateTimeOffset refreshedBefore, DateTimeOffset endingBefore, DateTimeOffset usedAfter, Guid after, int limit, CancellationToken cancellation)
    {
        await using var query = store.QuerySession();
        return await query.QueryAsync<UpstreamLogin>(
            """
            where d.data ->> 'stale' is null and (d.data ->> 'refreshedAt')::timestamptz < ? and (d.data ->> 'expiresAt')::timestamptz < ?
            and coalesce(d.data ->> 'usedAt', d.data ->> 'connectedAt')::timestamptz > ?
            and coalesce((d.data ->> 'turnEndsAt')::timestamptz < ?, true) and d.id > ? order by d.id limit ?
            """,
            cancellation,
            refreshedBefore,
            endingBefore,
            usedAfter,
            clock.GetUtcNow(),
            after,
            limit);
    }

    /// <summary>The login as it is, for a change: its row is locked until the unit is saved or given up.</summary>
    internal static async Task<UpstreamLogin?> LockAsync(IDocumentSession unit, Guid id)
    {
        await unit.BeginTransactionAsync();
        return await unit.QueryAsync<UpstreamLogin>("where d.id = ? for update", CancellationToken.None, id) is [var login] ? login : null;
    }
}
