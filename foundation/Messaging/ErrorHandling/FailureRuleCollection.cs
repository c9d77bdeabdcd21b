namespace Wolverine.ErrorHandling;

/// <summary>The ordered failure rules; the first one whose exception fits decides.</summary>
public sealed class FailureRuleCollection
{
    private readonly List<FailureRule> _rules = [];

    internal void Add(FailureRule rule) => _rules.Add(rule);

    internal FailureRule? Find(Exception failure)
    {
        foreach (var rule in _rules)
        {
            if (rule.Matches(failure))
            {
                return rule;
            }
        }

        return null;
    }
}
