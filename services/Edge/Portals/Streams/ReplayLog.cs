using System.Globalization;

namespace ManagedOAuth.Edge.Portals.Streams;

/// <summary>
/// The last events of one stream of one session, for a client whose connection broke (<c>Last-Event-ID</c>). Bounded: an event that has been pushed
/// out, is longer than all that is kept, or found no room is lost, as it would be without any log; but not for one who follows at that moment.
/// </summary>
/// <param name="streamId">Unique in its session.</param>
/// <param name="hasPrimingEvent">The stream begins with an event that has only an id.</param>
/// <param name="budget">What all logs share.</param>
/// <param name="clock">Tells when the stream was over.</param>
internal sealed class ReplayLog(string streamId, bool hasPrimingEvent, ReplayBudget budget, TimeProvider clock)
{
    /// <summary>Most events that are kept.</summary>
    public const int MaximumEvents = 256;

    /// <summary>Most bytes that are kept.</summary>
    public const int MaximumBytes = 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<(long Number, ReadOnlyMemory<byte> Message)> _events = new();

    // What is not kept, for those who follow: a message as long as it may be, or as many bytes of shorter ones as are kept otherwise.
    private readonly Queue<(long Number, ReadOnlyMemory<byte> Message)> _passing = new();
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _last;
    private long _bytes;
    private long _passingBytes;
    private int _followers;
    private int _hasStarted;

    public string StreamId => streamId;

    /// <summary>Called once, when the first event is there: a stream without events needs no place anywhere.</summary>
    public Action<ReplayLog>? Started { get; set; }

    public bool HasPrimingEvent => hasPrimingEvent;

    /// <summary>Nothing follows.</summary>
    public bool IsComplete => _completed.Task.IsCompleted;

    /// <summary>Since when nothing follows; null while something may.</summary>
    public DateTimeOffset? CompletedAt { get; private set; }

    /// <summary>Nothing is kept any more.</summary>
    public bool IsForgotten { get; private set; }

    /// <summary>An id for an event that carries nothing.</summary>
    public string NextId()
    {
        Start();
        lock (_lock)
        {
            return IdOf(++_last);
        }
    }

    /// <summary>Keeps an event and gives it its id.</summary>
    public string Add(ReadOnlyMemory<byte> message)
    {
        Start();
        TaskCompletionSource added;
        string id;
        lock (_lock)
        {
            id = IdOf(++_last);
            if (!TryKeep(message) && _followers > 0)
            {
                Pass(message);
            }

            (added, _added) = (_added, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        added.TrySetResult();
        return id;
    }

    public void Complete()
    {
        CompletedAt ??= clock.GetUtcNow();
        _completed.TrySetResult();
    }

    /// <summary>Lets go of everything that is kept; nothing more will be.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            IsForgotten = true;
            while (_events.Count > 0)
            {
                Drop();
            }
        }
    }

    /// <summary>The client is here again: until <see cref="Unfollow"/> it gets also what is not kept, unless it is slower than that comes.</summary>
    public void Follow()
    {
        lock (_lock)
        {
            _followers++;
        }
    }

    /// <summary>The client has what it wanted, or has left.</summary>
    public void Unfollow()
    {
        lock (_lock)
        {
            if (--_followers == 0)
            {
                _passing.Clear();
                _passingBytes = 0;
            }
        }
    }

    /// <summary>The events after one, the number of the last that there was, kept or not, and what to wait for when they are all there is.</summary>
    public (IReadOnlyList<(string Id, ReadOnlyMemory<byte> Message)> Events, long Last, Task More) After(long number)
    {
        lock (_lock)
        {
            var events = _events.Concat(_passing).Where(entry => entry.Number > number).OrderBy(entry => entry.Number);
            return ([.. events.Select(entry => (IdOf(entry.Number), entry.Message))], _last, Task.WhenAny(_added.Task, _completed.Task));
        }
    }

    /// <summary>Takes an event id apart; false when it is none of ours.</summary>
    public static bool TryParse(string id, out string streamId, out long number)
    {
        var dash = id.LastIndexOf('-');
        (streamId, number) = (dash > 0 ? id[..dash] : "", 0);
        return dash > 0 && id.Length <= 128 && long.TryParse(id.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private bool TryKeep(ReadOnlyMemory<byte> message)
    {
        if (IsForgotten || message.Length > MaximumBytes)
        {
            return false;
        }

        while (_events.Count >= MaximumEvents || _bytes + message.Length > MaximumBytes)
        {
            Drop();
        }

        if (!budget.TryTake(message.Length))
        {
            return false;
        }

        _events.Enqueue((_last, message));
        _bytes += message.Length;
        return true;
    }

    private void Pass(ReadOnlyMemory<byte> message)
    {
        while (_passing.Count > 0 && (_passing.Count >= MaximumEvents || _passingBytes + message.Length > MaximumBytes))
        {
            _passingBytes -= _passing.Dequeue().Message.Length;
        }

        _passing.Enqueue((_last, message));
        _passingBytes += message.Length;
    }

    private void Drop()
    {
        var length = _events.Dequeue().Message.Length;
        _bytes -= length;
        budget.Give(length);
    }

    private void Start()
    {
        if (Interlocked.Exchange(ref _hasStarted, 1) == 0)
        {
            Started?.Invoke(this);
        }
    }

    private string IdOf(long number) => $"{streamId}-{number}";
}
