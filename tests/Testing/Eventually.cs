using System.Runtime.CompilerServices;

namespace ManagedOAuth.Testing;

/// <summary>
/// Waits for something that happens by itself: polls until it is so, and fails after a deadline. Tests never sleep instead. What has a limit of its own
/// that polling would use up is asked with a pause in between.
/// </summary>
public static class Eventually
{
    /// <summary>Long enough for a machine ten times slower than ours and busy; a test that passes never waits for it.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(180);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Polls until <paramref name="condition"/> is true.</summary>
    /// <exception cref="TimeoutException">It was not before the deadline; the message holds the condition's own text and the last error.</exception>
    public static Task Async(Func<Task<bool>> condition, TimeSpan? deadline = null, [CallerArgumentExpression(nameof(condition))] string what = "", TimeSpan? pause = null) =>
        Async(async () => await condition() ? new object() : null, deadline, what, pause);

    /// <summary>Polls until <paramref name="condition"/> is true.</summary>
    /// <exception cref="TimeoutException">It was not before the deadline.</exception>
    public static Task Async(Func<bool> condition, TimeSpan? deadline = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        Async(() => Task.FromResult(condition() ? new object() : null), deadline, what);

    /// <summary>Polls until <paramref name="find"/> gives something other than null, and returns that.</summary>
    /// <exception cref="TimeoutException">It did not before the deadline.</exception>
    public static async Task<T> Async<T>(Func<Task<T?>> find, TimeSpan? deadline = null, [CallerArgumentExpression(nameof(find))] string what = "", TimeSpan? pause = null) where T : class
    {
        var limit = deadline ?? DefaultDeadline;
        var end = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        Exception? last = null;
        do
        {
            try
            {
                // An attempt that hangs must not outlive the deadline either.
                var left = TimeSpan.FromMilliseconds(Math.Max(1, end - Environment.TickCount64));
                if (await find().WaitAsync(left) is { } found)
                {
                    return found;
                }
            }
            catch (Exception e) // Not there yet: the error is part of the report if it never comes.
            {
                last = e;
            }
            await Task.Delay(pause ?? s_pause);
        }
        while (Environment.TickCount64 < end);
        throw new TimeoutException($"Not within {limit.TotalSeconds} s: {what}", last);
    }

    /// <summary>Polls until <paramref name="assertions"/> no longer throws.</summary>
    /// <exception cref="TimeoutException">It still did at the deadline; the inner exception is the last failure.</exception>
    public static Task Passes(Func<Task> assertions, TimeSpan? deadline = null, [CallerArgumentExpression(nameof(assertions))] string what = "", TimeSpan? pause = null) =>
        Async(async () => { await assertions(); return true; }, deadline, what, pause);
}
