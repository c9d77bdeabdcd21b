using ManagedOAuth.AuthorizationServer.Diagnostics;
using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.AuthorizationServer.Admission;

/// <summary>Records who was kept from which application, and why, in the stream of their login.</summary>
public sealed class DenialLog(AccessLog log)
{
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
        await log.DeniedAsync(session, denied, cancellation);
    }
}
