using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Token.Grants;

namespace ManagedOAuth.Token.Reevaluation;

/// <summary>Decides whether a live grant survives the configuration of now, without a request of its user at hand.</summary>
public static class GrantEvaluation
{
    /// <summary>
    /// The event that ends the grant, or null. Only a definite no ends it: what depends on facts that a request would bring (its address) is
    /// decided at the next request or refresh.
    /// </summary>
    public static object? Decide(ConfigurationSnapshot snapshot, Grant grant, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(grant);
        var (fate, decision) = GrantSurvival.Of(snapshot, grant.Subject.ApplicationId, grant.Kind == GrantKind.Oauth, grant.Identity);
        return fate switch
        {
            GrantFate.ApplicationGone => GrantEnding.Revoke(grant, RevocationReason.ApplicationDeleted, now),
            GrantFate.ManagedOAuthOff => GrantEnding.Revoke(grant, RevocationReason.ManagedOauthOff, now),
            GrantFate.Denied => GrantEnding.Deny(grant, decision!, snapshot.Position, now),
            _ => null,
        };
    }
}
