using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;
using ManagedOAuth.Contracts.Token;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Edge.Feeds;

/// <summary>The keys as the last frame of the feed told them.</summary>
internal sealed class KeyRing
{
    private KeySet _current = KeySet.Empty;
    private byte[] _jwks = [];
    private volatile bool _loaded;

    public KeySet Current => Volatile.Read(ref _current);

    /// <summary>A frame has come: from here on an unknown key is an unknown key.</summary>
    public bool IsLoaded => _loaded;

    /// <summary>Takes a whole set over. An unchanged one keeps the object, so that what was proved with it stays proved.</summary>
    /// <exception cref="ArgumentException">The published key set cannot be read; the keys before it stay.</exception>
    public void Apply(KeysFrame frame)
    {
        var known = _current.SealingKeys;
        var sealing = new Dictionary<ulong, SealingKey>();
        var changed = false;
        foreach (var key in frame.SealingKeys)
        {
            var (id, application, end) = (BinaryPrimitives.ReadUInt64BigEndian(key.KeyId.Span), Guid.Parse(key.ApplicationId), key.NotAfter.ToDateTimeOffset());
            var same = known.GetValueOrDefault(id) is { } old && old.Is(application, key.Key.Span, end) ? old : null;
            sealing[id] = same ?? new SealingKey(id, application, key.Key.ToByteArray(), end);
            changed |= same is null;
        }

        var jwksChanged = !frame.Jwks.Span.SequenceEqual(_jwks);
        if (_loaded && !changed && !jwksChanged && sealing.Count == known.Count)
        {
            return;
        }

        var assertionKeys = jwksChanged ? Read(frame.Jwks.Span) : _current.AssertionKeys;
        _jwks = frame.Jwks.ToByteArray();
        Volatile.Write(ref _current, new KeySet(sealing.ToFrozenDictionary(), assertionKeys));
        _loaded = true;
    }

    private static SecurityKey[] Read(ReadOnlySpan<byte> jwks)
        => jwks.IsEmpty ? [] : [.. new JsonWebKeySet(Encoding.UTF8.GetString(jwks)).GetSigningKeys()];
}
