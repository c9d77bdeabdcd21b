using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Secrets;

namespace ManagedOAuth.Token.Refresh;

/// <summary>What comes of a refresh.</summary>
public enum RefreshOutcome
{
    /// <summary>The token is none of this grant's; nothing happens to the grant.</summary>
    NotOurs,

    /// <summary>The grant had ended before.</summary>
    Ended,

    /// <summary>The presented token was the current one: a successor takes its place.</summary>
    Rotated,

    /// <summary>The presented token was the predecessor of an unused successor, inside the window: that successor again.</summary>
    Repeated,

    /// <summary>Ends the grant: an older token, or the predecessor after the window.</summary>
    Replayed,

    /// <summary>Ends the grant: the policies no longer admit the user.</summary>
    Denied,

    /// <summary>Ends the grant: its duration is over.</summary>
    Expired,
}

/// <summary>
/// Decides a refresh (OAuth 2.1 §4.3, RFC 9700 §4.14.2): a pure function of grant and attempt. The event, if any, is to be appended at
/// the very version of the grant that was decided on, so that of parallel attempts one rotates and the others are decided again.
/// </summary>
/// <param name="Outcome">What comes of it.</param>
/// <param name="Event">What to append; null = nothing.</param>
/// <param name="AccessTokenEnd">When the new access token is over, where there is one.</param>
public sealed record RefreshDecision(RefreshOutcome Outcome, object? Event = null, DateTimeOffset AccessTokenEnd = default)
{
    /// <summary>
    /// Whether others have to be asked about the user before this is final: only the current token of a live grant is worth the question. A repeated
    /// refresh is decided on the answer of the one that it repeats.
    /// </summary>
    public static bool NeedsIdentity(Grant grant, RefreshAttempt attempt, RefreshDecision decision)
    {
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentNullException.ThrowIfNull(attempt);
        ArgumentNullException.ThrowIfNull(decision);
        return (grant.Identity.ProviderGrantId is not null || attempt.OthersHaveASay)
            && attempt.Current is null
            && decision.Outcome is RefreshOutcome.Rotated or RefreshOutcome.Denied
            && GrantSecret.HashEquals(grant.RefreshTokenHash, attempt.PresentedHash);
    }

    public static RefreshDecision Decide(Grant grant, RefreshAttempt attempt)
    {
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentNullException.ThrowIfNull(attempt);
        var isCurrent = GrantSecret.HashEquals(grant.RefreshTokenHash, attempt.PresentedHash);
        var isPredecessor = GrantSecret.HashEquals(grant.PreviousTokenHash, attempt.PresentedHash);
        if (!isCurrent && !isPredecessor && attempt.EarlierGeneration == 0)
        {
            return new RefreshDecision(RefreshOutcome.NotOurs);
        }

        if (!grant.IsLive)
        {
            return new RefreshDecision(RefreshOutcome.Ended);
        }

        if (!isCurrent && !(isPredecessor && IsInsideWindow(grant, attempt)))
        {
            var generation = isPredecessor ? grant.Generation - 1 : attempt.EarlierGeneration;
            return new RefreshDecision(
                RefreshOutcome.Replayed,
                GrantEnding.Replay(grant, ReplayedCredential.RefreshToken, generation, attempt.Now, attempt.FlowId, attempt.ClientAddress));
        }

        // A changed duration applies from here on, a shortened one too; but a grant that was over once does not come back.
        var end = grant.LoginAt + attempt.Times.SessionDuration;
        var accessEnd = attempt.Times.AccessTokenEnd(attempt.Now, end);
        if (grant.ExpiresAt <= attempt.Now || accessEnd <= attempt.Now)
        {
            return new RefreshDecision(RefreshOutcome.Expired, Expired(grant, attempt));
        }

        if (!attempt.Decision.AdmitsUser)
        {
            return new RefreshDecision(RefreshOutcome.Denied, Denied(grant, attempt));
        }

        var accessEndsAt = accessEnd > grant.AccessEndsAt ? accessEnd : grant.AccessEndsAt;
        return isCurrent
            ? new RefreshDecision(RefreshOutcome.Rotated, Rotated(grant, attempt, end, accessEndsAt), accessEnd)
            : new RefreshDecision(RefreshOutcome.Repeated, Repeated(grant, attempt, end, accessEndsAt), accessEnd);
    }

    // Both bounds: the window that was promised at the rotation, and a setting that was made stricter since.
    private static bool IsInsideWindow(Grant grant, RefreshAttempt attempt)
        => attempt.Now < grant.GraceEndsAt && attempt.Now < grant.RefreshedAt + attempt.Times.RefreshGrace;

    private static GrantRefreshed Rotated(Grant grant, RefreshAttempt attempt, DateTimeOffset end, DateTimeOffset accessEndsAt) => new()
    {
        Subject = grant.Subject,
        Decision = attempt.Decision,
        Identity = attempt.Current is { } current && !current.IsSameAs(grant.Identity) ? current.Identity : null,
        ConfigurationPosition = attempt.ConfigurationPosition,
        RefreshTokenHash = attempt.SuccessorHash,
        GraceEndsAt = attempt.Now + attempt.Times.RefreshGrace,
        AccessTokenId = attempt.AccessTokenId,
        Scope = attempt.Scope,
        ExpiresAt = end,
        AccessEndsAt = accessEndsAt,
        RefreshedAt = attempt.Now,
        FlowId = attempt.FlowId,
        ClientAddress = attempt.ClientAddress,
    };

    private static GrantRefreshRepeated Repeated(Grant grant, RefreshAttempt attempt, DateTimeOffset end, DateTimeOffset accessEndsAt) => new()
    {
        Subject = grant.Subject,
        Decision = attempt.Decision,
        ConfigurationPosition = attempt.ConfigurationPosition,
        AccessTokenId = attempt.AccessTokenId,
        Scope = attempt.Scope,
        ExpiresAt = end,
        AccessEndsAt = accessEndsAt,
        FlowId = attempt.FlowId,
        ClientAddress = attempt.ClientAddress,
    };

    private static GrantRefreshDenied Denied(Grant grant, RefreshAttempt attempt) => new()
    {
        Subject = grant.Subject,
        Decision = attempt.Decision,
        ConfigurationPosition = attempt.ConfigurationPosition,
        EndedAt = attempt.Now,
        AccessEndsAt = grant.AccessEndsAt,
        FlowId = attempt.FlowId,
        ClientAddress = attempt.ClientAddress,
    };

    private static GrantExpired Expired(Grant grant, RefreshAttempt attempt) => new()
    {
        Subject = grant.Subject,
        Decision = grant.Decision,
        EndedAt = attempt.Now,
        AccessEndsAt = grant.AccessEndsAt,
        FlowId = attempt.FlowId,
    };
}
