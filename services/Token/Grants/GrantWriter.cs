using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Token.Expiry;
using ManagedOAuth.Token.Refresh;
using ManagedOAuth.Token.Revocation;
using Marten;
using Marten.Events;
using Marten.Exceptions;
using Wolverine;
using Wolverine.Marten;

namespace ManagedOAuth.Token.Grants;

/// <summary>
/// Changes grants. Whatever an event brings with it (the revocation entry for the edges, messages to others, the end of the refresh
/// window) is saved in the transaction of the event.
/// </summary>
public sealed class GrantWriter(IDocumentStore store, IServiceScopeFactory scopes, RevokedSubjects revoked, TokenMetrics metrics, TimeProvider clock) : IGrants
{
    /// <summary>How often a change is decided again because another one came in between.</summary>
    public const int Attempts = 12;

    // A replica whose rounds are slower than another's would lose each of them: from here on the others wait.
    private const int FreeAttempts = 3;

    public async Task<Grant?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.Events.FetchLatest<Grant>(id, cancellation);
    }

    /// <summary>
    /// Decides on the newest state and appends what is decided at exactly that state. Null from <paramref name="decide"/> changes nothing.
    /// </summary>
    /// <param name="id">The grant.</param>
    /// <param name="cause">Who acts and why, for the audit trail.</param>
    /// <param name="decide">A pure decision; it may run several times.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The state that was decided on last, without the new event; null when there is no such grant.</returns>
    /// <exception cref="EventStreamUnexpectedMaxEventIdException">Others changed the grant each time.</exception>
    public async Task<Grant?> ChangeAsync(Guid id, GrantCause cause, Func<Grant, object?> decide, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(decide);
        for (var attempt = 1; ; attempt++)
        {
            await using var session = Open(cause);
            var stream = await FetchAsync(session, id, attempt, cancellation);
            if (stream.Aggregate is not { } grant || decide(grant) is not { } change)
            {
                return stream.Aggregate;
            }

            stream.AppendOne(change);
            try
            {
                await SaveAsync(session, grant, change, cancellation);
                return grant;
            }
            catch (EventStreamUnexpectedMaxEventIdException) when (attempt < Attempts)
            {
                // Somebody else was faster: decide again on what there is now.
            }
        }
    }

    /// <summary>The grant, to be changed by this session; after a few attempts that others overtook, they wait for this one.</summary>
    /// <param name="session">Of this attempt alone.</param>
    /// <param name="id">The grant.</param>
    /// <param name="attempt">The how manieth it is, from 1.</param>
    /// <param name="cancellation">Gives up.</param>
    public static Task<IEventStream<Grant>> FetchAsync(IDocumentSession session, Guid id, int attempt, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        return attempt <= FreeAttempts
            ? session.Events.FetchForWriting<Grant>(id, cancellation)
            : session.Events.FetchForExclusiveWriting<Grant>(id, cancellation);
    }

    /// <summary>A session whose events carry actor, trace and cause.</summary>
    public IDocumentSession Open(GrantCause cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        var session = store.LightweightSession();
        session.LastModifiedBy = cause.Actor;
        session.CorrelationId = cause.FlowId.Length > 0 ? cause.FlowId : session.CorrelationId;
        session.CausationId = cause.CausationId.Length > 0 ? cause.CausationId : session.CausationId;
        return session;
    }

    /// <summary>
    /// Saves a session that starts this grant. False when the grant ended at once: its user, or all of its application, was revoked after the
    /// login that it comes from.
    /// </summary>
    /// <exception cref="ExistingStreamIdCollisionException">The grant exists: the code has been redeemed.</exception>
    public async Task<bool> StartAsync(IDocumentSession session, Guid id, GrantIssued issued, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(issued);
        session.Events.StartStream<Grant>(id, issued);
        await using var scope = scopes.CreateAsyncScope();
        var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
        outbox.Enroll(session);
        await outbox.ScheduleAsync(new ExpireGrant(id, issued.ExpiresAt), issued.ExpiresAt);
        if (issued.Kind == GrantKind.Oauth)
        {
            await outbox.PublishAsync(new GrantOpened(id, issued.Subject.ApplicationId, issued.Subject.ClientId, issued.Subject.UserId, issued.IssuedAt));
        }

        await session.SaveChangesAsync(cancellation);

        // Asked after the grant is there: a revocation notes itself first and looks for grants second, so one of the two sees the other.
        if (!await revoked.CoversAsync(issued, cancellation))
        {
            return true;
        }

        await ChangeAsync(id, new GrantCause("token", issued.FlowId), grant => GrantEnding.Revoke(grant, RevocationReason.Administrator, clock.GetUtcNow()), cancellation);
        return false;
    }

    /// <summary>Saves a session with an event that was appended to a grant, together with everything that the event brings with it.</summary>
    public async Task SaveAsync(IDocumentSession session, Grant before, object change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(before);
        await using var scope = scopes.CreateAsyncScope();
        var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
        outbox.Enroll(session);
        switch (change)
        {
            case GrantRefreshed { ExpiresAt: var end } when end != before.ExpiresAt:
                await outbox.ScheduleAsync(new ExpireGrant(before.Id, end), end);
                break;

            case GrantRefreshRepeated { ExpiresAt: var end } when end != before.ExpiresAt:
                await outbox.ScheduleAsync(new ExpireGrant(before.Id, end), end);
                break;

            case AccessTokenRevoked revoked:
                session.Insert(RevocationEntry.OfToken(before.Id, revoked));
                break;

            case IGrantEnd end:
                await EndAsync(session, outbox, before, end);
                break;
        }

        await session.SaveChangesAsync(cancellation);
        if (change is IGrantEnd)
        {
            metrics.GrantEnded(change.GetType().Name);
        }
    }

    private async Task EndAsync(IDocumentSession session, IMartenOutbox outbox, Grant grant, IGrantEnd end)
    {
        session.Delete<RefreshSuccessor>(grant.Id);
        if (end.AccessEndsAt > clock.GetUtcNow() - RevocationEntry.Slack)
        {
            session.Store(RevocationEntry.OfGrant(grant.Id, end));
        }

        if (grant.Kind == GrantKind.Oauth)
        {
            await outbox.PublishAsync(new GrantEnded(grant.Id, end.Subject.ApplicationId, end.Subject.ClientId, end.Subject.UserId, end.EndedAt));
        }
    }
}
