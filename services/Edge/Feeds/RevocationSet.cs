using System.Collections.Immutable;

namespace ManagedOAuth.Edge.Feeds;

/// <summary>The grants and single access tokens that are over, as of one position of the feed. Immutable.</summary>
internal sealed record RevocationSet(string Epoch, long Position, ImmutableDictionary<(Guid Grant, Guid Token), DateTimeOffset> Entries)
{
    public static readonly RevocationSet Empty = new("", 0, ImmutableDictionary<(Guid, Guid), DateTimeOffset>.Empty);

    /// <summary>Whether the whole grant is over, or this one token of it.</summary>
    public bool Contains(Guid grant, Guid token)
        => !Entries.IsEmpty && (Entries.ContainsKey((grant, Guid.Empty)) || (token != Guid.Empty && Entries.ContainsKey((grant, token))));
}
