namespace ManagedOAuth.Token.Refresh;

/// <summary>
/// Lets the refreshes of one grant (or other changes) pass one after the other inside this replica: fifty at once would only overtake each other. The
/// stream's version decides correctness; this only saves work. No grant waits for another one, whose identity provider may be slow.
/// </summary>
public sealed class RefreshTurns
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(8);
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Queue> _queues = [];

    /// <summary>How many grants have a change under way or waiting.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _queues.Count;
            }
        }
    }

    /// <summary>Waits for the grant's turn; disposing what is returned ends it.</summary>
    /// <exception cref="TimeoutException">Too many wait already: an overload, answered 503.</exception>
    public async Task<IDisposable> TakeAsync(Guid grantId, CancellationToken cancellation)
    {
        var queue = Join(grantId);
        try
        {
            if (await queue.Turn.WaitAsync(s_longestWait, cancellation))
            {
                return new Turn(this, grantId, queue);
            }
        }
        catch (OperationCanceledException)
        {
            Leave(grantId, queue);
            throw;
        }

        Leave(grantId, queue);
        throw new TimeoutException("Too many changes of one grant wait.");
    }

    private Queue Join(Guid grantId)
    {
        lock (_lock)
        {
            if (!_queues.TryGetValue(grantId, out var queue))
            {
                _queues[grantId] = queue = new Queue();
            }

            queue.Members++;
            return queue;
        }
    }

    private void Leave(Guid grantId, Queue queue)
    {
        lock (_lock)
        {
            if (--queue.Members > 0)
            {
                return;
            }

            _queues.Remove(grantId);
        }

        queue.Turn.Dispose();
    }

    private sealed class Queue
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        // Those who have the turn or wait for it.
        public int Members { get; set; }
    }

    private sealed class Turn(RefreshTurns turns, Guid grantId, Queue queue) : IDisposable
    {
        private int _over;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _over, 1) == 0)
            {
                queue.Turn.Release();
                turns.Leave(grantId, queue);
            }
        }
    }
}
