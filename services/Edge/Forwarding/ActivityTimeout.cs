namespace ManagedOAuth.Edge.Forwarding;

/// <summary>
/// Ends one forwarding: when nothing has moved for the limit, when the client is gone, or when access ends. Any progress starts the time
/// anew; there is no limit on the whole.
/// </summary>
internal sealed class ActivityTimeout : IDisposable
{
    // Setting a timer costs more than a small copy; this much imprecision is free.
    private const long ResetEveryMilliseconds = 50;
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _clientGone;
    private TimeSpan _limit;
    private long _lastReset;
    private int _reason;

    public ActivityTimeout(TimeSpan limit, CancellationToken clientGone)
    {
        _limit = limit;
        _lastReset = Environment.TickCount64;
        _source.CancelAfter(limit);
        _clientGone = clientGone.UnsafeRegister(static timeout => ((ActivityTimeout)timeout!).Cancel(Reasons.ClientGone), this);
    }

    public CancellationToken Token => _source.Token;

    public bool ClientIsGone => _reason == Reasons.ClientGone;

    public bool AccessEnded => _reason == Reasons.AccessEnded;

    /// <summary>Nothing moved for too long.</summary>
    public bool TimedOut => _source.IsCancellationRequested && _reason == 0;

    /// <summary>Something moved.</summary>
    public void Progress()
    {
        var now = Environment.TickCount64;
        if (now - _lastReset >= ResetEveryMilliseconds)
        {
            _lastReset = now;
            _source.CancelAfter(_limit);
        }
    }

    /// <summary>From here on another limit holds (a live stream may be silent for longer than an answer may take).</summary>
    public void ChangeLimit(TimeSpan limit)
    {
        _limit = limit;
        _lastReset = Environment.TickCount64;
        _source.CancelAfter(limit);
    }

    /// <summary>The credential that opened this is no longer good.</summary>
    public void EndAccess() => Cancel(Reasons.AccessEnded);

    /// <summary>Ends what is still running of it, without a reason to report.</summary>
    public void Stop() => Cancel(Reasons.Stopped);

    public void Dispose()
    {
        _clientGone.Dispose();
        _source.Dispose();
    }

    private void Cancel(int reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, 0) != 0)
        {
            return;
        }

        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The request was over first.
        }
    }

    private static class Reasons
    {
        public const int ClientGone = 1;
        public const int AccessEnded = 2;
        public const int Stopped = 3;
    }
}
