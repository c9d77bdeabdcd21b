using System.Collections.Immutable;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Edge.Feeds;

/// <summary>What the revocation feed has told so far. One writer (its reader), any number of readers.</summary>
internal sealed class RevocationList(Freshness freshness, TimeProvider clock)
{
    // How often entries that no token can hit any more are looked for.
    private static readonly TimeSpan s_cleanEvery = TimeSpan.FromMinutes(1);
    private RevocationSet _current = RevocationSet.Empty;
    private ImmutableDictionary<(Guid, Guid), DateTimeOffset>.Builder? _snapshot;
    private DateTimeOffset _cleanedAt;

    public RevocationSet Current => Volatile.Read(ref _current);

    /// <summary>Something ended: open streams are looked at again.</summary>
    public event Action? Changed;

    /// <summary>A new stream begins: what was left of a half-told snapshot is void.</summary>
    public void Begin() => _snapshot = null;

    /// <summary>
    /// Takes a frame over. A snapshot counts when its last frame has come; changes count at once. A snapshot of the same database adds to what is known: it
    /// may come from a replica that has not yet read what another one told, and nothing that ended comes back.
    /// </summary>
    public void Apply(RevocationFrame frame)
    {
        if (frame.Snapshot)
        {
            _snapshot ??= (frame.Epoch == Current.Epoch ? Current : RevocationSet.Empty).Entries.ToBuilder();
            Add(_snapshot, frame);
            if (frame.More)
            {
                return;
            }

            Publish(new RevocationSet(frame.Epoch, frame.Position, WithoutPast(_snapshot.ToImmutable())), changed: true);
            _snapshot = null;
        }
        else
        {
            var entries = Current.Entries;
            if (frame.Grants.Count > 0)
            {
                var builder = entries.ToBuilder();
                Add(builder, frame);
                entries = builder.ToImmutable();
            }

            Publish(new RevocationSet(frame.Epoch, frame.Position, WithoutPast(entries)), frame.Grants.Count > 0);
        }

        if (frame.ReadAt is not null)
        {
            freshness.RevocationsRead(frame.ReadAt.ToDateTimeOffset());
        }
    }

    private void Publish(RevocationSet set, bool changed)
    {
        Volatile.Write(ref _current, set);
        if (changed)
        {
            Changed?.Invoke();
        }
    }

    private static void Add(ImmutableDictionary<(Guid, Guid), DateTimeOffset>.Builder entries, RevocationFrame frame)
    {
        foreach (var grant in frame.Grants)
        {
            var token = grant.TokenId.Length == 0 ? Guid.Empty : Guid.Parse(grant.TokenId);
            entries[(Guid.Parse(grant.GrantId), token)] = grant.LeavesAt?.ToDateTimeOffset() ?? DateTimeOffset.MaxValue;
        }
    }

    private ImmutableDictionary<(Guid, Guid), DateTimeOffset> WithoutPast(ImmutableDictionary<(Guid, Guid), DateTimeOffset> entries)
    {
        var now = clock.GetUtcNow();
        if (now - _cleanedAt < s_cleanEvery)
        {
            return entries;
        }

        _cleanedAt = now;
        return entries.RemoveRange(entries.Where(entry => entry.Value < now).Select(entry => entry.Key));
    }
}
