namespace Aspire.Hosting.Running;

/// <summary>How long to wait before a replica that ended by itself is started again.</summary>
public static class RestartPolicy
{
    /// <summary>A replica that lived this long starts the count anew.</summary>
    public static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(15);

    /// <summary>A quarter of a second, doubled with each failure in a row, at most fifteen seconds.</summary>
    public static TimeSpan Delay(int failuresInARow) =>
        failuresInARow >= 7 ? s_longest : TimeSpan.FromTicks(Math.Min(s_first.Ticks << Math.Max(0, failuresInARow - 1), s_longest.Ticks));

    /// <summary>The number of failures in a row, now that a replica ended which lived for <paramref name="lifetime"/>.</summary>
    public static int Count(int failuresBefore, TimeSpan lifetime) => lifetime >= StableAfter ? 1 : failuresBefore + 1;
}
