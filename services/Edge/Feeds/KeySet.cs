using System.Collections.Frozen;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Edge.Feeds;

/// <summary>All keys that the edge holds at one moment. Immutable: another set is another object.</summary>
internal sealed class KeySet(FrozenDictionary<ulong, SealingKey> sealingKeys, IReadOnlyList<SecurityKey> assertionKeys)
{
    public static readonly KeySet Empty = new(FrozenDictionary<ulong, SealingKey>.Empty, []);

    /// <summary>Public keys that verify assertions.</summary>
    public IReadOnlyList<SecurityKey> AssertionKeys => assertionKeys;

    public FrozenDictionary<ulong, SealingKey> SealingKeys => sealingKeys;

    /// <summary>The key with an id, when it belongs to this application and its time is not over; else null.</summary>
    public SealingKey? FindSealingKey(ulong id, Guid applicationId, DateTimeOffset now)
        => sealingKeys.TryGetValue(id, out var key) && key.ApplicationId == applicationId && now < key.NotAfter ? key : null;
}
