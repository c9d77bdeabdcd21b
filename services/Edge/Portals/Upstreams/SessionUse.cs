namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>Who uses a session with a server, and since when nobody does: it is either used or retired, never both.</summary>
internal sealed class SessionUse
{
    private const int Retired = int.MinValue;
    private int _calls;
    private long _last = Environment.TickCount64;

    /// <summary>Somebody waits for what the server says of its own accord; null = nobody ever did.</summary>
    public Func<bool>? IsHeard { get; set; }

    /// <summary>Somebody waits for the server.</summary>
    public bool IsInUse => Volatile.Read(ref _calls) > 0 || IsHeard?.Invoke() == true;

    /// <summary>The last sign of life of its owner, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    public long Last => Volatile.Read(ref _last);

    /// <summary>How long nobody has used it.</summary>
    public TimeSpan Silence => IsInUse ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Max(0, Environment.TickCount64 - Last));

    public void Touch() => Volatile.Write(ref _last, Environment.TickCount64);

    /// <summary>A call begins. False: the session is retired.</summary>
    public bool TryEnter()
    {
        Touch();
        for (var calls = Volatile.Read(ref _calls); calls >= 0; calls = Volatile.Read(ref _calls))
        {
            if (Interlocked.CompareExchange(ref _calls, calls + 1, calls) == calls)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A call is over.</summary>
    public void Leave()
    {
        Touch();
        Interlocked.Decrement(ref _calls);
    }

    /// <summary>Takes it out of use, unless somebody waits for the server or did so lately. No call begins in it any more.</summary>
    /// <param name="idle">Longest silence.</param>
    public bool TryRetire(TimeSpan idle)
        => Environment.TickCount64 - Last > idle.TotalMilliseconds && !IsInUse && Interlocked.CompareExchange(ref _calls, Retired, 0) == 0;
}
