using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary>What the policies would say to somebody of whom only the address is known: the evaluation that decides at a login, on the same snapshot.</summary>
public static class PolicyPreview
{
    /// <summary>By the policies of an application; null when there is no such application.</summary>
    public static PolicyDecision? Decide(ConfigurationSnapshot snapshot, Guid application, string email, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Applications.TryGetValue(application, out var found) ? PolicyEvaluator.Evaluate(snapshot, found, Somebody(email, now), new RequestFacts()) : null;
    }

    /// <summary>By one policy alone.</summary>
    public static PolicyDecision? DecidePolicy(ConfigurationSnapshot snapshot, Guid policy, string email, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var alone = new Application { Id = Guid.Empty, Aud = "", Name = "", Domain = "", Policies = [new PolicyReference(policy, 1)] };
        return snapshot.Policies.ContainsKey(policy) ? PolicyEvaluator.Evaluate(snapshot, alone, Somebody(email, now), new RequestFacts()) : null;
    }

    private static Identity Somebody(string email, DateTimeOffset now) => new()
    {
        UserId = Guid.Empty,
        Email = email,
        IdentityProviderId = Guid.Empty,
        IdentityProviderType = "",
        AuthenticatedAt = now,
        ClaimsKnown = false,
    };
}
