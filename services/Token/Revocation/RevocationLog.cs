namespace ManagedOAuth.Token.Revocation;

/// <summary>One entry as it goes to the edges.</summary>
/// <param name="GrantId">The grant.</param>
/// <param name="TokenId">One access token of it; null = everything.</param>
/// <param name="LeavesAt">When the entry may be forgotten.</param>
public sealed record RevokedCredential(Guid GrantId, Guid? TokenId, DateTimeOffset LeavesAt);

/// <summary>
/// What is revoked and could still be used, in memory: a list that grows at its end and that every connected edge reads at its own place. Entries may
/// come twice and are taken once; each leaves at its own time.
/// </summary>
public sealed class RevocationLog
{
    private readonly Lock _lock = new();
    private readonly HashSet<(Guid, Guid?)> _known = [];
    private readonly List<(long Place, RevokedCredential Entry)> _entries = [];
    private long _next;

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
            // From the end: a reader nearly always has all but the newest.
            var first = _entries.FindLastIndex(entry => entry.Place < place) + 1;
            return new RevocationSlice(Epoch, Position, ReadAt, [.. _entries.Skip(first).Select(entry => entry.Entry)], _next);
        }
    }

    /// <summary>Forgets what is over by itself.</summary>
    public void Forget(DateTimeOffset now)
    {
        lock (_lock)
        {
            _entries.RemoveAll(known => known.Entry.LeavesAt <= now && _known.Remove((known.Entry.GrantId, known.Entry.TokenId)));
        }
    }

    private bool AddLocked(RevokedCredential entry)
    {
        if (!_known.Add((entry.GrantId, entry.TokenId)))
        {
            return false;
        }

        _entries.Add((_next++, entry));
        return true;
    }
}

/// <summary>A part of the log.</summary>
/// <param name="Place">Where the next read begins.</param>
public sealed record RevocationSlice(string Epoch, long Position, DateTimeOffset ReadAt, IReadOnlyList<RevokedCredential> Entries, long Place);
