namespace Wolverine.Runtime;

/// <summary>Wakes one waiting loop. Any number of signals before the next look into the queue count as one.</summary>
internal sealed class WakeSignal : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(0);
    private int _set;

    public void Set()
    {
        if (Interlocked.Exchange(ref _set, 1) == 0)
        {
            _semaphore.Release();
        }
    }

    /// <summary>Waits for a signal, at most so long.</summary>
    public async Task WaitAsync(TimeSpan longest, CancellationToken ct)
    {
        if (await _semaphore.WaitAsync(longest, ct))
        {
            // Cleared before the caller looks for work: a signal that falls in between is about work which that look finds.
            Volatile.Write(ref _set, 0);
        }
    }

    public void Dispose() => _semaphore.Dispose();
}
