namespace ManagedOAuth.Edge.Hosting;

/// <summary>Wakes one loop. Several calls before it looks count as one; none is lost while it works.</summary>
internal sealed class WakeSignal : IDisposable
{
    private readonly SemaphoreSlim _wake = new(0, 1);

    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (Exception failure) when (failure is SemaphoreFullException or ObjectDisposedException)
        {
            // It is awake already, or will never be again.
        }
    }

    /// <summary>Waits to be woken; false when the time is up first.</summary>
    public Task<bool> WaitAsync(TimeSpan longest, CancellationToken cancellation) => _wake.WaitAsync(longest, cancellation);

    public void Dispose() => _wake.Dispose();
}
