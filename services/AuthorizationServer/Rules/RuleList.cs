namespace ManagedOAuth.AuthorizationServer.Rules;

/// <summary>Runs the rules of an endpoint.</summary>
public static class RuleList
{
    /// <summary>The first rule that refuses, with its reason; null when all are content.</summary>
    public static (IRule<TContext> Rule, Rejection Rejection)? FirstViolation<TContext>(this IReadOnlyList<IRule<TContext>> rules, TContext context)
    {
        ArgumentNullException.ThrowIfNull(rules);
        foreach (var rule in rules)
        {
            if (rule.Check(context) is { } rejection)
            {
                return (rule, rejection);
            }
        }

        return null;
    }
}
