using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>The rules of an application that other services answer.</summary>
public static class ExternalEvaluationRules
{
    /// <summary>Most services that are asked for one decision; rules beyond stay unknown and admit nobody.</summary>
    public const int MaximumQuestions = 10;

    /// <summary>The questions that an application's policies can ask.</summary>
    public static IEnumerable<Rule.ExternalEvaluation> Of(ConfigurationSnapshot snapshot, Application application)
        => ReachableRules.Of(snapshot, application).OfType<Rule.ExternalEvaluation>().Distinct().Take(MaximumQuestions);

    /// <summary>
    /// Whether a decision is open, and a service gave no answer yet. After all were asked it means an outage: nobody said no. Where a decision is open
    /// for another reason, it denies as ever.
    /// </summary>
    public static bool AreMissing(ConfigurationSnapshot snapshot, Application application, Identity identity, PolicyDecision decision)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(decision);
        return decision.Outcome == PolicyOutcome.Indeterminate && Of(snapshot, application).Any(rule => identity.Evaluations?.ContainsKey(rule.Key) != true);
    }
}
