using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>What a configuration means for a live grant.</summary>
public enum GrantFate
{
    /// <summary>It goes on; what depends on facts that only a request brings (its address) is decided there.</summary>
    LivesOn,

    /// <summary>Its application is gone.</summary>
    ApplicationGone,

    /// <summary>It is a client's, and the application no longer has Managed OAuth.</summary>
    ManagedOAuthOff,

    /// <summary>The policies definitely do not admit its user, or the identity provider that they came by was removed, or is one that the application no longer allows.</summary>
    Denied,
}

/// <summary>
/// Decides whether a live grant survives a configuration, without a request of its user at hand: of the configuration of now it ends the grant, of one
/// that is only considered it tells what would end.
/// </summary>
public static class GrantSurvival
{
    /// <summary>The fate, and what was decided where policies were asked.</summary>
    public static (GrantFate Fate, PolicyDecision? Decision) Of(ConfigurationSnapshot snapshot, Guid applicationId, bool isOAuth, Identity identity)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (!snapshot.Applications.TryGetValue(applicationId, out var application))
        {
            return (GrantFate.ApplicationGone, null);
        }

        if (isOAuth && !application.ManagedOAuth)
        {
            return (GrantFate.ManagedOAuthOff, null);
        }

        var decision = GrantAdmission.Evaluate(snapshot, application, identity, new RequestFacts());
        return (decision.Outcome == PolicyOutcome.Deny ? GrantFate.Denied : GrantFate.LivesOn, decision);
    }
}
