namespace Wolverine.Runtime;

/// <summary>The messages that one listener has claimed and not finished with.</summary>
/// <remarks>Counted, because a retry can be claimed again before the worker of the failed attempt has let go.</remarks>
internal sealed class HeldMessages
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, int> _held = [];
    private int _count;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    public void Add(Guid id)
    {
        lock (_lock)
        {
            _held[id] = _held.GetValueOrDefault(id) + 1;
            _count++;
        }
    }

    /// <returns>How many are left.</returns>
    public int Remove(Guid id)
    {
        lock (_lock)
        {
            if (--_held[id] == 0)
            {
                _held.Remove(id);
            }

            return --_count;
        }
    }

    public Guid[] Ids()
    {
        lock (_lock)
        {
            return [.. _held.Keys];
        }
    }
}
