namespace Wolverine.ErrorHandling;

/// <summary>What follows a failure of some kind: waits before further attempts, then an end.</summary>
internal sealed class FailureRule(Func<Exception, bool> matches)
{
    private readonly List<Retry> _retries = [];

    /// <summary>What happens after the last retry.</summary>
    public FailureEnd End { get; set; } = FailureEnd.DeadLetter;

    public bool Matches(Exception failure) => matches(failure);

    public void Add(IEnumerable<TimeSpan> delays, bool quick)
    {
        foreach (var delay in delays)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
            _retries.Add(new Retry(delay, quick));
        }
    }

    /// <summary>The wait before the next attempt, or null when there is none left.</summary>
    /// <param name="failedAttempts">How often the message has failed, this failure included.</param>
    public TimeSpan? NextDelay(int failedAttempts)
        => failedAttempts <= _retries.Count ? _retries[failedAttempts - 1].Delay : null;

    /// <summary>As <see cref="NextDelay"/>, for a caller that waits: only the leading quick retries count.</summary>
    public TimeSpan? NextQuickDelay(int failedAttempts)
        => failedAttempts <= _retries.Count && _retries[failedAttempts - 1].Quick ? _retries[failedAttempts - 1].Delay : null;

    private readonly record struct Retry(TimeSpan Delay, bool Quick);
}
