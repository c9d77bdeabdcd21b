namespace Marten.Events.Daemon;

/// <summary>Wakes readers of this process when events are committed by it.</summary>
internal sealed class CommitSignal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Next => Volatile.Read(ref _next).Task;

    public void Signal() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Waits for a commit, but no longer than this.</summary>
    public static async Task WaitAsync(Task next, TimeSpan longest, TimeProvider time, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var delay = Task.Delay(longest, time, stop.Token);
        await Task.WhenAny(next, delay);
        await stop.CancelAsync();
        ct.ThrowIfCancellationRequested();
    }
}
