using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Policies;
using Marten;
using Marten.Exceptions;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>Records in the stream of a login what came of it, and the line of the authentication log with it.</summary>
public sealed class AccessLog(IDocumentStore store, TimeProvider clock)
{
    private const int Attempts = 5;

    /// <summary>Records that a user was let in.</summary>
    public Task AllowedAsync(Transaction transaction, TeamSession session, PolicyDecision decision, string clientAddress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(decision);
        var allowed = new AccessAllowed(
            session.UserId,
            session.Email,
            session.ProviderId,
            session.ProviderType,
            transaction.ApplicationId,
            transaction.Authorization?.ClientId ?? "",
            decision.PolicyId,
            decision.PolicyName,
            decision.PolicyVersion,
            decision.Rule,
            clientAddress,
            transaction.FlowId);
        return AppendAsync(session, transaction.FlowId, allowed, AccessRequest.Of(allowed, Guid.NewGuid(), session.LoginId, clock.GetUtcNow()), cancellation);
    }

    /// <summary>Records that a user was kept out.</summary>
    public Task DeniedAsync(TeamSession session, AccessDenied denied, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(denied);
        var line = AccessRequest.Of(denied, Guid.NewGuid(), session.LoginId, session.ProviderId, session.ProviderType, clock.GetUtcNow());
        return AppendAsync(session, denied.FlowId, denied, line, cancellation);
    }

    private async Task AppendAsync(TeamSession session, string flowId, object happened, AccessRequest? line, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var unit = store.LightweightSession();
            unit.CorrelationId = flowId;
            unit.LastModifiedBy = session.Email;
            unit.Events.Append(session.LoginId, happened);
            if (line is not null)
            {
                unit.Store(line);
            }

            try
            {
                await unit.SaveChangesAsync(cancellation);
                return;
            }
            catch (EventStreamUnexpectedMaxEventIdException) when (attempt < Attempts)
            {
                // Another tab of the same login recorded something in between: append after it.
            }
        }
    }
}
