namespace Wolverine.ErrorHandling;

/// <summary>Something that failure rules can be given to: the options of the whole application.</summary>
public interface IWithFailurePolicies
{
    /// <summary>The rules, first match wins.</summary>
    FailureRuleCollection Failures { get; }
}
