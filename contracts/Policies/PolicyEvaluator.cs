using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>
/// The one policy decision: a pure function of configuration, identity and request facts, used at login (AuthorizationServer), at issue and
/// refresh (Token), on every request (Edge) and by the policy tester (Config).
/// <list type="number">
/// <item>Bypass and Service Auth policies in the order of their precedence; they need no user.</item>
/// <item>With an identity, Allow and Block policies in order: the first that matches decides.</item>
/// <item>Otherwise deny.</item>
/// </list>
/// A rule about facts that are not known makes a policy undecided: it is carried on as a possible outcome, and only if all possible
/// outcomes are the same is there a decision. A policy that is not in the snapshot might be a Block policy: at its place the evaluation ends
/// with a denial.
/// </summary>
public static class PolicyEvaluator
{
    /// <summary>Evaluates the policies of an application.</summary>
    /// <param name="snapshot">The configuration to decide on.</param>
    /// <param name="application">An application of that snapshot.</param>
    /// <param name="identity">The user, or null when nobody has logged in: then only Bypass and Service Auth can admit.</param>
    /// <param name="facts">What is known of the request.</param>
    public static PolicyDecision Evaluate(ConfigurationSnapshot snapshot, Application application, Identity? identity, RequestFacts facts)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(facts);

        var matcher = new RuleMatcher(snapshot, identity, facts);
        var policies = snapshot.PolicyReferencesOf(application).ToList();
        var possible = new List<PolicyDecision>();
        PolicyDecision? nearest = null;

        foreach (var (id, policy) in InOrder(policies, identity is not null))
        {
            if (policy is null)
            {
                possible.Add(new PolicyDecision { Outcome = PolicyOutcome.Deny, PolicyId = id, Rule = "deny: the policy is not in the configuration" });
                return Settle(possible);
            }

            var (match, rule) = matcher.Match(policy.Include, policy.Require, policy.Exclude);
            if (match == Tri.False)
            {
                nearest ??= policy.Decision == PolicyAction.Allow ? Decision(PolicyOutcome.Deny, policy, $"default deny: {rule}") : null;
                continue;
            }

            possible.Add(Decision(OutcomeOf(policy.Decision), policy, rule));
            if (match == Tri.True)
            {
                return Settle(possible);
            }
        }

        possible.Add(nearest ?? new PolicyDecision { Outcome = PolicyOutcome.Deny, Rule = "default deny: no policy admits" });
        return Settle(possible);
    }

    /// <summary>Whether a later request of the same session could be decided differently, because a rule looks at the request itself.</summary>
    public static bool HasContinuousRules(ConfigurationSnapshot snapshot, Application application)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return ReachableRules.Of(snapshot, application).Any(rule => rule.Continuous);
    }

    // A missing policy is taken for a Block policy: Bypass and Service Auth come before those in any case.
    private static IEnumerable<(Guid Id, Policy? Policy)> InOrder(List<(Guid Id, Policy? Policy)> policies, bool withIdentity)
    {
        var first = policies.Where(entry => entry.Policy is { Decision: PolicyAction.Bypass or PolicyAction.NonIdentity });
        return withIdentity ? first.Concat(policies.Where(entry => entry.Policy is null or { Decision: PolicyAction.Allow or PolicyAction.Deny })) : first;
    }

    private static PolicyDecision Settle(List<PolicyDecision> possible)
    {
        var last = possible[^1];
        var undecided = possible.FirstOrDefault(decision => decision.Outcome != last.Outcome);
        return undecided is null ? last : undecided with { Outcome = PolicyOutcome.Indeterminate };
    }

    private static PolicyDecision Decision(PolicyOutcome outcome, Policy policy, string rule) => new()
    {
        Outcome = outcome,
        PolicyId = policy.Id,
        PolicyName = policy.Name,
        PolicyVersion = policy.Version,
        Rule = rule,
    };

    private static PolicyOutcome OutcomeOf(PolicyAction action) => action switch
    {
        PolicyAction.Allow => PolicyOutcome.Allow,
        PolicyAction.NonIdentity => PolicyOutcome.ServiceAuth,
        PolicyAction.Bypass => PolicyOutcome.Bypass,
        _ => PolicyOutcome.Deny,
    };
}
