using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Token.Queries;
using Wolverine;

namespace ManagedOAuth.Token.Reevaluation;

/// <summary>
/// Ends what a revoked user holds. Whoever revokes asks for it at once as well; this is for the case that they die in between. A batch each time, so that a
/// killed replica loses one at most.
/// </summary>
public static class UserRevokedHandler
{
    public static async Task<OutgoingMessages> Handle(UserRevoked message, GrantSweep sweep, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(sweep);
        var reply = await sweep.EndAsync(new EndAllRequest { Email = message.Email, Actor = message.Actor, Reason = "the user was revoked" }, message.At, cancellation);
        return reply.More ? [message] : [];
    }
}

/// <summary>Ends what users gave to a client that is gone for good.</summary>
public static class ClientBlockedHandler
{
    public static async Task<OutgoingMessages> Handle(ClientBlocked message, GrantSweep sweep, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(sweep);
        var reply = await sweep.EndAsync(new EndAllRequest { ClientId = message.ClientId, Actor = message.Actor, Reason = "the client was revoked" }, cancellation);
        return reply.More ? [message] : [];
    }
}
