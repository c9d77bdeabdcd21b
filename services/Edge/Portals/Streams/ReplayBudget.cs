namespace ManagedOAuth.Edge.Portals.Streams;

/// <summary>The memory that the logs of all streams share.</summary>
/// <param name="maximum">In bytes.</param>
internal sealed class ReplayBudget(long maximum)
{
    private long _taken;

    /// <summary>In bytes.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>False: there is no room, and nothing was taken.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= maximum)
        {
            return true;
        }

        Give(bytes);
        return false;
    }

    public void Give(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
