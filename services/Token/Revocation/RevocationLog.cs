namespace ManagedOAuth.Token.Revocation;

/// <summary>One entry as it goes to the edges.</summary>
/// <param name="GrantId">The grant.</param>
/// <param name="TokenId">One access token of it; null = everything.</param>
/// <param name="LeavesAt">When the entry may be forgotten.</param>
public sealed record RevokedCredential(Guid GrantId, Guid? TokenId, DateTimeOffset LeavesAt);

/// <summary>
/// What is revoked and could still be used, in memory: an append-only list that every connected edge reads at its own place. Entries may
/// come twice and are taken once.
/// </summary>
public sealed class RevocationLog
{
    private readonly Lock _lock = new();
    private readonly HashSet<(Guid, Guid?)> _known = [];
    private List<RevokedCredential> _entries = [];
    private long _dropped;

    /// <summary>Beats when there is a new entry, and when the first load is done.</summary>
    public Pulse Changed { get; } = new();

    /// <summary>Identifies the database; empty before the first load.</summary>
    public string Epoch { get; private set; } = "";

    /// <summary>Position at the first load: a reader that is behind it needs everything.</summary>
    public long LoadedAt { get; private set; }

    /// <summary>Everything up to this position of the event store is in the list.</summary>
    public long Position { get; private set; }

    /// <summary>The last successful read of the database.</summary>
    public DateTimeOffset ReadAt { get; private set; }

    /// <summary>Fills the log for the first time.</summary>
    public void Load(string epoch, long position, IEnumerable<RevokedCredential> entries, DateTimeOffset readAt)
    {
        lock (_lock)
        {
            (Epoch, LoadedAt, Position) = (epoch, position, position);
            foreach (var entry in entries)
            {
                AddLocked(entry);
            }

            ReadAt = readAt;
        }

        Changed.Beat();
    }

    /// <summary>Adds what a look at the database brought.</summary>
    /// <param name="entries">Seen entries; known ones are ignored.</param>
    /// <param name="position">New safe position.</param>
    /// <param name="readAt">When the look began.</param>
    public void Add(IEnumerable<RevokedCredential> entries, long position, DateTimeOffset readAt)
    {
        var added = false;
        lock (_lock)
        {
            foreach (var entry in entries)
            {
                added |= AddLocked(entry);
            }

            Position = Math.Max(Position, position);
            ReadAt = readAt;
        }

        if (added)
        {
            Changed.Beat();
        }
    }

    /// <summary>The entries after a place in the list, with the position and time that hold for them. Place 0 = everything.</summary>
    public RevocationSlice Read(long place)
    {
        lock (_lock)
        {
            var from = (int)Math.Clamp(place - _dropped, 0, _entries.Count);
            return new RevocationSlice(Epoch, Position, ReadAt, _entries[from..], _dropped + _entries.Count);
        }
    }

    /// <summary>Forgets what is over by itself.</summary>
    public void Forget(DateTimeOffset now)
    {
        lock (_lock)
        {
            // Order must stay for the readers' places, so only the front goes at once; the rest when it is worth a copy.
            var live = _entries.FindIndex(entry => entry.LeavesAt > now);
            var count = live < 0 ? _entries.Count : live;
            if (count == 0)
            {
                return;
            }

            foreach (var entry in _entries[..count])
            {
                _known.Remove((entry.GrantId, entry.TokenId));
            }

            _entries = _entries[count..];
            _dropped += count;
        }
    }

    private bool AddLocked(RevokedCredential entry)
    {
        if (!_known.Add((entry.GrantId, entry.TokenId)))
        {
            return false;
        }

        _entries.Add(entry);
        return true;
    }
}

/// <summary>A part of the log.</summary>
/// <param name="Place">Where the next read begins.</param>
public sealed record RevocationSlice(string Epoch, long Position, DateTimeOffset ReadAt, IReadOnlyList<RevokedCredential> Entries, long Place);
