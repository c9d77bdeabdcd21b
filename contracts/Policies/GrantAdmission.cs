using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>
/// Decides whether somebody may have or keep a grant: the identity provider that they came by is still there, the application still allows it, and its
/// policies admit them. At a login the first two are settled before there is a user, by which providers are offered.
/// </summary>
public static class GrantAdmission
{
    /// <summary>The rule that denies where the identity provider is no longer configured.</summary>
    public const string ProviderRemoved = "identity provider: the identity provider was removed";

    /// <summary>The decision.</summary>
    /// <param name="snapshot">The configuration to decide on.</param>
    /// <param name="application">An application of that snapshot.</param>
    /// <param name="identity">The user, as the provider vouched for them; one without a provider (<see cref="Guid.Empty"/>) does not hang on any.</param>
    /// <param name="facts">What is known of the request.</param>
    public static PolicyDecision Evaluate(ConfigurationSnapshot snapshot, Application application, Identity identity, RequestFacts facts)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(identity);
        if (identity.IdentityProviderId != Guid.Empty && !snapshot.IdentityProviders.ContainsKey(identity.IdentityProviderId))
        {
            return new PolicyDecision { Outcome = PolicyOutcome.Deny, Rule = ProviderRemoved };
        }

        return application.AllowedIdps.Count == 0 || application.AllowedIdps.Contains(identity.IdentityProviderId)
            ? PolicyEvaluator.Evaluate(snapshot, application, identity, facts)
            : new PolicyDecision { Outcome = PolicyOutcome.Deny, Rule = "allowed_idps: the application does not allow the identity provider of the login" };
    }
}
