using ManagedOAuth.Token.Grants;
using Wolverine;

namespace ManagedOAuth.Token.Expiry;

/// <summary>To this service itself, scheduled for the end of a grant.</summary>
/// <param name="GrantId">The grant.</param>
/// <param name="ExpiresAt">The end that this message was scheduled for; a changed duration schedules another one.</param>
public sealed record ExpireGrant(Guid GrantId, DateTimeOffset ExpiresAt);

/// <summary>Ends grants whose duration is over, without any client asking.</summary>
public static class ExpireGrantHandler
{
    public static async Task<OutgoingMessages> Handle(ExpireGrant message, IMessageContext context, GrantWriter grants, TimeProvider clock, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var grant = await grants.ChangeAsync(message.GrantId, GrantCause.Of("token", context), state => GrantEnding.Expire(state, now), cancellation);

        // Came before its time: this replica's clock is behind that of the scheduler. A grant whose end has moved has another message.
        var early = grant is { IsLive: true } && grant.ExpiresAt > now && grant.ExpiresAt == message.ExpiresAt;
        return early ? new OutgoingMessages().Schedule(message, message.ExpiresAt) : [];
    }
}
