namespace Wolverine.ErrorHandling;

/// <summary>Where failure rules begin.</summary>
public static class FailurePolicyExtensions
{
    /// <summary>Adds a rule for exceptions of this type that the filter, if there is one, accepts. Earlier rules win.</summary>
    public static PolicyExpression OnException<T>(this IWithFailurePolicies policies, Func<T, bool>? filter = null)
        where T : Exception
    {
        ArgumentNullException.ThrowIfNull(policies);
        var rule = new FailureRule(e => e is T typed && (filter is null || filter(typed)));
        policies.Failures.Add(rule);
        return new PolicyExpression(rule);
    }

    /// <summary>Adds a rule for every exception that no earlier rule took.</summary>
    public static PolicyExpression OnAnyException(this IWithFailurePolicies policies) => policies.OnException<Exception>();
}
