namespace Marten.Events.Daemon;

/// <summary>
/// The safe mark: every event at or below it that will ever be committed is visible now.
/// <para>
/// A sequence number is taken before its transaction commits, so events do not appear in the order of their numbers, and a number may never
/// appear at all. Two rules move the mark. (1) Numbers that follow it without a gap are visible, so they are decided. (2) Whoever takes a number
/// holds PostgreSQL's lock on the sequence until its transaction ends, and takes the lock first. So once every transaction that held the lock at
/// a moment has ended, all numbers given out before that moment are decided: committed and visible, or never to come.
/// </para>
/// Pure: what is observed goes in, the mark comes out.
/// </summary>
internal sealed class HighWaterMark
{
    private long _ceiling;
    private HashSet<string>? _holders;

    /// <summary>The mark.</summary>
    public long Value { get; private set; }

    /// <summary>True while numbers above the mark are known to be given out.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Raises the mark to a position that was safe earlier (a projection's recorded progress).</summary>
    public void Raise(long floor) => Value = Math.Max(Value, floor);

    /// <summary>
    /// Takes an observation. The three parts must have been read in this order, each after the one before was complete; reads of events
    /// that rely on the mark must come later still.
    /// </summary>
    /// <param name="lastValue">The last number given out.</param>
    /// <param name="holders">Transactions that hold the sequence's lock.</param>
    /// <param name="visible">Visible sequence numbers above the mark, rising; may be cut short.</param>
    public void Observe(long lastValue, IReadOnlyCollection<string> holders, IReadOnlyList<long> visible)
    {
        Advance(visible);
        if (_holders is not null && (Value >= _ceiling || !_holders.Overlaps(holders)))
        {
            Value = Math.Max(Value, _ceiling);
            _holders = null;
        }

        if (_holders is null && lastValue > Value)
        {
            if (holders.Count == 0)
            {
                Value = lastValue;
            }
            else
            {
                _ceiling = lastValue;
                _holders = [.. holders];
            }
        }

        Advance(visible);
        IsPending = lastValue > Value;
    }

    private void Advance(IReadOnlyList<long> visible)
    {
        foreach (var sequence in visible)
        {
            if (sequence == Value + 1)
            {
                Value = sequence;
            }
            else if (sequence > Value)
            {
                return;
            }
        }
    }
}
