namespace Wolverine.ErrorHandling;

/// <summary>Builds one failure rule: <c>OnException&lt;T&gt;().RetryWithCooldown(...).Then.ScheduleRetry(...).Then.MoveToErrorQueue()</c>.</summary>
/// <remarks>Every retry is a row in the queue with a time on it: none of them holds a worker while it waits.</remarks>
public sealed class PolicyExpression
{
    private readonly FailureRule _rule;

    internal PolicyExpression(FailureRule rule) => _rule = rule;

    /// <summary>Reads better between two steps.</summary>
    public PolicyExpression Then => this;

    /// <summary>Tries again after each of the delays in turn. These are also the retries that <c>InvokeAsync</c> makes while its caller waits.</summary>
    public PolicyExpression RetryWithCooldown(params TimeSpan[] delays)
    {
        _rule.Add(delays, quick: true);
        return this;
    }

    /// <summary>Tries again at once, at most so many times.</summary>
    public PolicyExpression RetryTimes(int attempts)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(attempts);
        _rule.Add(Enumerable.Repeat(TimeSpan.Zero, attempts), quick: true);
        return this;
    }

    /// <summary>Tries again after each of the delays in turn; not under <c>InvokeAsync</c>.</summary>
    public PolicyExpression ScheduleRetry(params TimeSpan[] delays)
    {
        _rule.Add(delays, quick: false);
        return this;
    }

    /// <summary>After the retries: a dead letter with the reason. The default.</summary>
    public void MoveToErrorQueue() => _rule.End = FailureEnd.DeadLetter;

    /// <summary>After the retries: the message is logged and dropped.</summary>
    public void Discard() => _rule.End = FailureEnd.Discard;
}
