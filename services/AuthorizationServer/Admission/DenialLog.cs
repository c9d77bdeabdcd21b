using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Diagnostics;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Policies;
using Marten;
using Marten.Exceptions;

namespace ManagedOAuth.AuthorizationServer.Admission;

/// <summary>Records who was kept from which application, and why, in the stream of their login.</summary>
public sealed class DenialLog(IDocumentStore store)
{
    private const int Attempts = 5;

    /// <summary>Records that the policies said no.</summary>
    public Task ByPolicyAsync(Transaction transaction, TeamSession session, PolicyDecision decision, string clientAddress, CancellationToken cancellation)
        => RecordAsync("policy", transaction, session, decision, clientAddress, cancellation);

    /// <summary>Records that the user said no to the client.</summary>
    public Task ByUserAsync(Transaction transaction, TeamSession session, PolicyDecision decision, string clientAddress, CancellationToken cancellation)
        => RecordAsync("user", transaction, session, decision, clientAddress, cancellation);

    private async Task RecordAsync(
        string reason, Transaction transaction, TeamSession session, PolicyDecision decision, string clientAddress, CancellationToken cancellation)
    {
        Instruments.Decided("denied_by_" + reason);
        var denied = new AccessDenied(
            reason,
            session.UserId,
            session.Email,
            transaction.ApplicationId,
            transaction.Authorization?.ClientId ?? "",
            decision.PolicyId,
            decision.PolicyName,
            decision.PolicyVersion,
            decision.Rule,
            decision.Outcome,
            clientAddress,
            transaction.FlowId);
        for (var attempt = 1; ; attempt++)
        {
            await using var unit = store.LightweightSession();
            unit.CorrelationId = transaction.FlowId;
            unit.LastModifiedBy = session.Email;
            unit.Events.Append(session.LoginId, denied);
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
