using ManagedOAuth.Contracts.Messages;
using Marten;
using Wolverine;

namespace ManagedOAuth.AuthorizationServer.Sessions;

/// <summary>To this service itself: the sessions that began by an identity provider until some moment end.</summary>
/// <param name="ProviderId">The identity provider.</param>
/// <param name="Until">Sessions that began later are left alone: the provider may have been restored since.</param>
public sealed record EndProviderSessions(Guid ProviderId, DateTimeOffset Until);

/// <summary>
/// A removed identity provider ends the sessions of those who came by it. While it is gone nobody could go on with them; this is so that restoring it does
/// not bring them back.
/// </summary>
public static class ProviderRemovedHandler
{
    // So long a replica may still let users in on the configuration before.
    private static readonly TimeSpan s_staleness = TimeSpan.FromMinutes(1);

    public static OutgoingMessages Handle(ProviderRemoved message, IDocumentSession session, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(clock);
        var end = new EndProviderSessions(message.ProviderId, (message.At == default ? clock.GetUtcNow() : message.At) + s_staleness);
        EndProviderSessionsHandler.Handle(end, session);
        return new OutgoingMessages().Delay(end, s_staleness);
    }
}

/// <summary>Ends them. A second time there are none.</summary>
public static class EndProviderSessionsHandler
{
    public static void Handle(EndProviderSessions message, IDocumentSession session)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(session);
        session.DeleteWhere<TeamSession>(
            "where (data ->> 'providerId') = ? and (data ->> 'authenticatedAt')::timestamptz <= ?", message.ProviderId.ToString(), message.Until.UtcDateTime);
    }
}
