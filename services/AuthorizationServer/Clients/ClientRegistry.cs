using Marten;

namespace ManagedOAuth.AuthorizationServer.Clients;

/// <summary>The registered clients.</summary>
public sealed class ClientRegistry(IDocumentStore store, TimeProvider clock)
{
    /// <summary>The client if it exists at this application, else null: another application's client is unknown here.</summary>
    public async Task<RegisteredClient?> FindAsync(Guid applicationId, string clientId, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(clientId);
        if (clientId.Length != 32 || !clientId.All(char.IsAsciiHexDigitLower))
        {
            return null;
        }

        await using var session = store.QuerySession();
        var client = await session.LoadAsync<RegisteredClient>(clientId, cancellation);
        if (client is null || client.ApplicationId != applicationId || await session.LoadAsync<RevokedClient>(clientId, cancellation) is not null)
        {
            return null;
        }

        return client.ExpiresAt > clock.GetUtcNow() || await HasLiveGrantAsync(session, clientId, cancellation) ? client : null;
    }

    /// <summary>Stores a new registration.</summary>
    public async Task AddAsync(RegisteredClient client, CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        session.Insert(client);
        await session.SaveChangesAsync(cancellation);
    }

    /// <summary>Removes what has expired: registrations without a living grant, and the traces of grants that ended long ago. Returns how many registrations.</summary>
    public async Task<int> RemoveExpiredAsync(int limit, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var session = store.LightweightSession();
        var grants = $"{store.Options.DatabaseSchemaName}.mt_doc_clientgrant";
        var expired = await session.QueryAsync<RegisteredClient>(
            $"""
            where (d.data ->> 'expiresAt')::timestamptz < ?
              and not exists (select from {grants} g where g.data ->> 'clientId' = d.id and g.data ->> 'endedAt' is null)
            limit ?
            """,
            cancellation,
            now.UtcDateTime,
            limit);
        foreach (var client in expired)
        {
            session.Delete<RegisteredClient>(client.Id);
        }

        var forgotten = await session.QueryAsync<ClientGrant>(
            "where (data ->> 'endedAt')::timestamptz < ? limit ?", cancellation, (now - ClientLifetimes.AfterLastGrant).UtcDateTime, limit);
        foreach (var grant in forgotten)
        {
            session.Delete<ClientGrant>(grant.Id);
        }

        // By now nobody stores the registration once more who has read it before it was revoked.
        var registrations = $"{store.Options.DatabaseSchemaName}.mt_doc_registeredclient";
        var revoked = await session.QueryAsync<RevokedClient>(
            $"where (d.data ->> 'at')::timestamptz < ? and not exists (select from {registrations} r where r.id = d.id) limit ?", cancellation, (now - ClientLifetimes.Unbound).UtcDateTime, limit);
        foreach (var client in revoked)
        {
            session.Delete<RevokedClient>(client.Id);
        }

        await session.SaveChangesAsync(cancellation);
        return expired.Count;
    }

    private static async Task<bool> HasLiveGrantAsync(IQuerySession session, string clientId, CancellationToken cancellation)
        => (await session.QueryAsync<ClientGrant>("where data ->> 'clientId' = ? and data ->> 'endedAt' is null limit 1", cancellation, clientId)).Count > 0;
}
