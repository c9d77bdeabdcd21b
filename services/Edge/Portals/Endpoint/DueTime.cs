namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>When something that comes again and again is due, whatever else its loop is woken for. Times in milliseconds of <see cref="Environment.TickCount64"/>. Pure.</summary>
/// <param name="period">The time from one to the next.</param>
/// <param name="began">The first is due a period after this.</param>
internal sealed class DueTime(TimeSpan period, long began)
{
    private readonly long _period = (long)period.TotalMilliseconds;
    private long _due = began + (long)period.TotalMilliseconds;

    /// <summary>How long it is until then; zero when it is due.</summary>
    public TimeSpan Left(long now) => TimeSpan.FromMilliseconds(Math.Max(0, _due - now));

    /// <summary>Whether it is due; if so, the next one is a period from now.</summary>
    public bool TryTake(long now)
    {
        if (now < _due)
        {
            return false;
        }

        _due = now + _period;
        return true;
    }
}
