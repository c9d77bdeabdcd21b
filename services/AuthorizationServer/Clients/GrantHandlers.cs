using ManagedOAuth.Contracts.Messages;
using Marten;

namespace ManagedOAuth.AuthorizationServer.Clients;

/// <summary>A client has a grant: its registration stays while the grant lives.</summary>
public static class GrantOpenedHandler
{
    public static async Task Handle(GrantOpened message, IDocumentSession session, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(session);

        // Browser sessions have no client. A grant that is known already has ended: the messages came in the other order.
        if (message.ClientId.Length == 0 || await session.LoadAsync<ClientGrant>(message.GrantId, cancellation) is not null)
        {
            return;
        }

        session.Store(new ClientGrant { Id = message.GrantId, ClientId = message.ClientId, ApplicationId = message.ApplicationId, UserId = message.UserId });
    }
}

/// <summary>A grant of a client ended: without another one the registration ends some time after.</summary>
public static class GrantEndedHandler
{
    public static async Task Handle(GrantEnded message, IDocumentSession session, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(session);
        if (message.ClientId.Length == 0)
        {
            return;
        }

        session.Store(new ClientGrant
        {
            Id = message.GrantId,
            ClientId = message.ClientId,
            ApplicationId = message.ApplicationId,
            UserId = message.UserId,
            EndedAt = message.At.ToUniversalTime(),
        });

        var stays = message.At.ToUniversalTime() + ClientLifetimes.AfterLastGrant;
        if (await session.LoadAsync<RegisteredClient>(message.ClientId, cancellation) is { } client && client.ExpiresAt < stays)
        {
            session.Store(client with { ExpiresAt = stays });
        }
    }
}
