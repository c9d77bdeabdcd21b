using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Token.Grants;

/// <summary>The decisions that end a grant: null when it has ended before, because the first end counts.</summary>
public static class GrantEnding
{
    public static GrantRevoked? Revoke(
        Grant grant, RevocationReason reason, DateTimeOffset now, string comment = "", string flowId = "", string clientAddress = "")
        => !Need(grant) ? null : new GrantRevoked
        {
            Subject = grant.Subject,
            Decision = grant.Decision,
            Reason = reason,
            Comment = comment,
            EndedAt = now,
            AccessEndsAt = grant.AccessEndsAt,
            FlowId = flowId,
            ClientAddress = clientAddress,
        };

    public static GrantDenied? Deny(Grant grant, PolicyDecision decision, long configurationPosition, DateTimeOffset now)
        => !Need(grant) ? null : new GrantDenied
        {
            Subject = grant.Subject,
            Decision = decision,
            ConfigurationPosition = configurationPosition,
            EndedAt = now,
            AccessEndsAt = grant.AccessEndsAt,
        };

    /// <summary>Null also while it is too early.</summary>
    public static GrantExpired? Expire(Grant grant, DateTimeOffset now, string flowId = "")
        => !Need(grant) || now < grant.ExpiresAt ? null : new GrantExpired
        {
            Subject = grant.Subject,
            Decision = grant.Decision,
            EndedAt = now,
            AccessEndsAt = grant.AccessEndsAt,
            FlowId = flowId,
        };

    public static GrantReplayDetected? Replay(
        Grant grant, ReplayedCredential credential, int generation, DateTimeOffset now, string flowId, string clientAddress)
        => !Need(grant) ? null : new GrantReplayDetected
        {
            Subject = grant.Subject,
            Decision = grant.Decision,
            Credential = credential,
            PresentedGeneration = generation,
            CurrentGeneration = grant.Generation,
            EndedAt = now,
            AccessEndsAt = grant.AccessEndsAt,
            FlowId = flowId,
            ClientAddress = clientAddress,
        };

    private static bool Need(Grant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return grant.IsLive;
    }
}
