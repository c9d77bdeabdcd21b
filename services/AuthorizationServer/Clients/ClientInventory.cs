using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.Contracts.Messages;
using Marten;
using Marten.Events;
using Marten.Exceptions;
using Wolverine.Marten;

namespace ManagedOAuth.AuthorizationServer.Clients;

/// <summary>What administrators look for among the clients.</summary>
/// <param name="ApplicationId">Only of this application; null = of all.</param>
/// <param name="Search">A part of its name, its id or a redirect URI, in any case; empty = all.</param>
/// <param name="ActiveOnly">Only those with a live grant.</param>
/// <param name="Page">From 1.</param>
/// <param name="PerPage">1 to 1000.</param>
public sealed record ClientFilter(Guid? ApplicationId, string Search, bool ActiveOnly, int Page, int PerPage);

/// <summary>A client with what it is good for now.</summary>
/// <param name="Client">The registration.</param>
/// <param name="ActiveGrants">Its live grants.</param>
/// <param name="RevokedAt">When it was ended for good; null = it was not.</param>
public sealed record ListedClient(RegisteredClient Client, long ActiveGrants, DateTimeOffset? RevokedAt);

/// <summary>The registered clients for administrators: found, looked at with their history, and ended for good.</summary>
public sealed class ClientInventory(IDocumentStore store, IServiceScopeFactory scopes, DocumentCounts counts, TimeProvider clock)
{
    private const int MostEvents = 1000;
    private const int Attempts = 5;

    /// <summary>One page of those that can log in now, newest first, and how many there are.</summary>
    public async Task<(IReadOnlyList<ListedClient> Clients, long Total)> ListAsync(ClientFilter filter, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var schema = store.Options.DatabaseSchemaName;
        var live = $"exists (select from {schema}.mt_doc_clientgrant g where g.data ->> 'clientId' = d.id and g.data ->> 'endedAt' is null)";
        var conditions = $"((d.data ->> 'expiresAt')::timestamptz > ? or {live}) and not exists (select from {schema}.mt_doc_revokedclient r where r.id = d.id)";
        var values = new List<object> { clock.GetUtcNow().UtcDateTime };
        if (filter.ApplicationId is { } application)
        {
            conditions += " and (d.data ->> 'applicationId') = ?";
            values.Add(application.ToString());
        }

        if (filter.Search.Length > 0)
        {
            conditions += " and position(? in lower(concat_ws(' ', d.id, d.data ->> 'name', d.data ->> 'redirectUris'))) > 0";
            values.Add(filter.Search.ToLowerInvariant());
        }

        if (filter.ActiveOnly)
        {
            conditions += $" and {live}";
        }

        // All times are written alike and in UTC: their texts, which have an index, are in the order of the times.
        await using var session = store.QuerySession();
        var page = await session.QueryAsync<RegisteredClient>(
            $"where {conditions} order by d.data ->> 'issuedAt' desc, d.id limit ? offset ?", cancellation, [.. values, filter.PerPage, (filter.Page - 1) * filter.PerPage]);
        var grants = await LiveAsync([.. page.Select(client => client.Id)], cancellation);
        var before = (filter.Page - 1) * filter.PerPage;
        var isLast = page.Count < filter.PerPage && (page.Count > 0 || before == 0);
        var total = isLast ? before + page.Count : await session.CountAsync<RegisteredClient>(conditions, cancellation, [.. values]);
        return ([.. page.Select(client => new ListedClient(client, grants.GetValueOrDefault(client.Id), null))], total);
    }

    /// <summary>One client, also one that is gone if users had agreed to it, with its newest thousand events, the oldest of them first; null when there never was one.</summary>
    public async Task<(ListedClient Client, IReadOnlyList<IEvent> Events)?> FindAsync(string clientId, CancellationToken cancellation)
    {
        if (!IsId(clientId))
        {
            return null;
        }

        await using var session = store.QuerySession();
        var stream = new Guid(Convert.FromHexString(clientId));
        var newest = (await session.Events.FetchStreamStateAsync(stream, cancellation))?.Version ?? 0;
        var events = newest == 0 ? [] : await session.Events.FetchStreamAsync(stream, version: newest, fromVersion: Math.Max(1, newest - MostEvents + 1), ct: cancellation);
        var client = await session.LoadAsync<RegisteredClient>(clientId, cancellation)
            ?? (newest == 0 ? [] : await session.Events.FetchStreamAsync(stream, version: 1, ct: cancellation)).Select(entry => entry.Data).OfType<ClientRegistered>().Select(Of).FirstOrDefault();
        if (client is null)
        {
            return null;
        }

        var grants = await LiveAsync([clientId], cancellation);
        var revoked = await session.LoadAsync<RevokedClient>(clientId, cancellation);
        var revokedAt = revoked?.At ?? (await session.Events.FetchLatest<Client>(client.StreamId, cancellation))?.RevokedAt;
        return (new ListedClient(client, grants.GetValueOrDefault(clientId), revokedAt), events);
    }

    /// <summary>Ends a registration for good; the client is unknown from then on. False: there is none.</summary>
    public async Task<bool> RevokeAsync(string clientId, string actor, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await FindAsync(clientId, cancellation) is not { Client: var found })
            {
                return false;
            }

            if (found.RevokedAt is not null)
            {
                return true;
            }

            await using var session = store.LightweightSession();
            session.LastModifiedBy = actor;
            var client = found.Client;
            var now = clock.GetUtcNow();
            var stream = await session.Events.FetchForWriting<Client>(client.StreamId, cancellation);
            if (stream.Aggregate?.RevokedAt is not null)
            {
                // Somebody else did at this very moment.
                return true;
            }

            if (stream.Aggregate is null)
            {
                stream.AppendOne(new ClientRegistered(client.Id, client.ApplicationId, client.Name, client.RedirectUris, client.RefusedRedirectUris, client.IssuedAt));
            }

            stream.AppendOne(new ClientRevoked(client.Id, client.ApplicationId, now));
            session.Store(new RevokedClient(client.Id, now));
            session.Delete<RegisteredClient>(client.Id);
            await using var scope = scopes.CreateAsyncScope();
            var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
            outbox.Enroll(session);
            await outbox.PublishAsync(new ClientBlocked(client.Id, actor, now));
            try
            {
                await session.SaveChangesAsync(cancellation);
                return true;
            }
            catch (Exception busy) when (busy is EventStreamUnexpectedMaxEventIdException or ExistingStreamIdCollisionException && attempt < Attempts)
            {
                // A user agreed at this very moment: once more, behind that.
            }
        }
    }

    private Task<IReadOnlyDictionary<string, long>> LiveAsync(IReadOnlyList<string> clientIds, CancellationToken cancellation)
        => counts.CountByAsync("clientgrant", "(d.data ->> 'clientId')", clientIds, "d.data ->> 'endedAt' is null", cancellation);

    private static bool IsId(string clientId) => clientId.Length == 32 && clientId.All(char.IsAsciiHexDigitLower);

    // What its history still says of a client whose registration is gone.
    private static RegisteredClient Of(ClientRegistered registered) => new()
    {
        Id = registered.ClientId,
        ApplicationId = registered.ApplicationId,
        Name = registered.Name,
        RedirectUris = registered.RedirectUris,
        RefusedRedirectUris = registered.RefusedRedirectUris,
        GrantTypes = [],
        ResponseTypes = [],
        IssuedAt = registered.RegisteredAt,
        ExpiresAt = registered.RegisteredAt,
    };
}
