using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Token.Grants;

namespace ManagedOAuth.Token.Reevaluation;

/// <summary>Decides whether a live grant survives what its user's identity provider has provisioned. Pure.</summary>
public static class ProvisionedEvaluation
{
    /// <summary>The event to append; null = nothing changes. As in <see cref="GrantEvaluation"/>, only a definite no ends the grant.</summary>
    /// <param name="snapshot">The configuration of now.</param>
    /// <param name="grant">The grant.</param>
    /// <param name="change">What happened.</param>
    /// <param name="said">What is provisioned of the user; null = nothing.</param>
    /// <param name="now">The time.</param>
    public static object? Decide(ConfigurationSnapshot snapshot, Grant grant, ProvisioningChanged change, ProvisionedUser? said, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentNullException.ThrowIfNull(change);
        if (!grant.IsLive || grant.Identity.IdentityProviderId != change.ProviderId || !snapshot.Applications.TryGetValue(grant.Subject.ApplicationId, out var application))
        {
            return null;
        }

        if (said is { Refusal.Length: > 0 })
        {
            return GrantEnding.Deny(grant, Denial($"identity provider: {said.Refusal}"), snapshot.Position, now);
        }

        if (change.Reauthenticate)
        {
            return grant.Identity.AuthenticatedAt <= change.At
                ? GrantEnding.Deny(grant, Denial("identity provider: the provider changed the user, and asks for a new login"), snapshot.Position, now)
                : null;
        }

        if (said is not { HasGroups: true })
        {
            return null;
        }

        var identity = grant.Identity with
        {
            Claims = new Dictionary<string, IReadOnlyList<string>>(grant.Identity.Claims, StringComparer.Ordinal) { [IdentityClaims.Groups] = [.. said.Groups] },
        };
        var decision = GrantAdmission.Evaluate(snapshot, application, identity, new RequestFacts());
        return decision.Outcome == PolicyOutcome.Deny ? GrantEnding.Deny(grant, decision, snapshot.Position, now)
            : HasSameGroups(grant.Identity, said) ? null
            : new GrantIdentityChanged
            {
                Subject = grant.Subject,
                Identity = identity,
                Decision = decision.AdmitsUser ? decision : grant.Decision,
                ConfigurationPosition = snapshot.Position,
                ChangedAt = now,
            };
    }

    private static PolicyDecision Denial(string rule) => new() { Outcome = PolicyOutcome.Deny, Rule = rule };

    private static bool HasSameGroups(Identity identity, ProvisionedUser said)
        => identity.Claims.TryGetValue(IdentityClaims.Groups, out var known) && known.ToHashSet(StringComparer.Ordinal).SetEquals(said.Groups);
}
