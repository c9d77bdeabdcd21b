using Marten.Exceptions;

namespace Wolverine.ErrorHandling;

/// <summary>What happens to failures that no configured rule takes.</summary>
internal static class DefaultFailureRules
{
    /// <summary>Another writer was faster: almost always the next attempt works.</summary>
    public static readonly FailureRule Concurrency = Rule([50, 100, 250, 500, 1000], [5, 30, 60]);

    /// <summary>Everything else.</summary>
    public static readonly FailureRule Any = Rule([50, 250, 1000], [5, 30]);

    public static bool IsConcurrency(Exception failure) => failure is ConcurrencyException;

    public static FailureRule For(Exception failure) => IsConcurrency(failure) ? Concurrency : Any;

    private static FailureRule Rule(int[] quickMilliseconds, int[] laterSeconds)
    {
        var rule = new FailureRule(static _ => true);
        rule.Add(quickMilliseconds.Select(ms => TimeSpan.FromMilliseconds(ms)), quick: true);
        rule.Add(laterSeconds.Select(s => TimeSpan.FromSeconds(s)), quick: false);
        return rule;
    }
}
