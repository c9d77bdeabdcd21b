using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using Marten;
using Marten.Exceptions;

namespace ManagedOAuth.AuthorizationServer.Consent;

/// <summary>Records consents in the client's stream, which begins with the first one.</summary>
public sealed class ConsentLog(IDocumentStore store, TimeProvider clock)
{
    private const int Attempts = 5;

    /// <summary>Records that the user agreed, and keeps the registration until the code can have become a grant.</summary>
    public async Task GivenAsync(RegisteredClient client, Transaction transaction, TeamSession session, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(session);
        var request = transaction.Authorization!;
        var given = new ConsentGiven(
            session.UserId, session.Email, transaction.ApplicationId, request.RedirectUri, request.Scope, request.Resource, session.LoginId, transaction.FlowId);
        for (var attempt = 1; ; attempt++)
        {
            await using var unit = store.LightweightSession();
            unit.CorrelationId = transaction.FlowId;
            unit.LastModifiedBy = session.Email;
            var stream = await unit.Events.FetchForWriting<Client>(client.StreamId, cancellation);
            if (stream.Aggregate is null)
            {
                stream.AppendOne(new ClientRegistered(
                    client.Id, client.ApplicationId, client.Name, client.RedirectUris, client.RefusedRedirectUris, client.IssuedAt));
            }

            stream.AppendOne(given);
            var stays = clock.GetUtcNow() + ClientLifetimes.Unbound;
            if (client.ExpiresAt < stays)
            {
                unit.Store(client with { ExpiresAt = stays });
            }

            try
            {
                await unit.SaveChangesAsync(cancellation);
                return;
            }
            catch (Exception e) when (e is EventStreamUnexpectedMaxEventIdException or ExistingStreamIdCollisionException && attempt < Attempts)
            {
                // Another user agreed to the same client at this moment: append after them.
            }
        }
    }
}
