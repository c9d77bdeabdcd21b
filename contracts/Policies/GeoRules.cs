using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>Rules about the country of an address, where there is no list of countries.</summary>
public static class GeoRules
{
    /// <summary>
    /// Whether a decision is open, its application has a rule about countries, and this service has no list of them: the operator has not set it up here,
    /// and nobody said no.
    /// </summary>
    public static bool HaveNoList(ConfigurationSnapshot snapshot, Application application, PolicyDecision decision)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(decision);
        return decision.Outcome == PolicyOutcome.Indeterminate && snapshot.Countries is null && ReachableRules.Of(snapshot, application).OfType<Rule.Geo>().Any();
    }
}
