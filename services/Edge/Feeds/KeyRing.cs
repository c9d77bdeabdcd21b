using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;
using ManagedOAuth.Contracts.Token;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Edge.Feeds;

/// <summary>The keys as the feed told them last. One writer (its reader), any number of readers.</summary>
internal sealed class KeyRing
{
    private KeySet _current = KeySet.Empty;
    private byte[] _jwks = [];
    private readonly List<Contracts.Token.SealingKey> _parts = [];
    private volatile bool _loaded;

    public KeySet Current => Volatile.Read(ref _current);

    /// <summary>A whole set has come: from here on an unknown key is an unknown key.</summary>
    public bool IsLoaded => _loaded;

    /// <summary>A new stream begins: what was left of a half-told set is void.</summary>
    public void Begin() => _parts.Clear();

    /// <summary>
    /// Takes a frame over: a set counts when its last part has come. An unchanged one keeps the object, so that what was proved with it stays proved.
    /// </summary>
    /// <exception cref="ArgumentException">The published key set cannot be read; the keys before it stay.</exception>
    public void Apply(KeysFrame frame)
    {
        if (frame.Unchanged)
        {
            return;
        }

        _parts.AddRange(frame.SealingKeys);
        if (!frame.More)
        {
            List<Contracts.Token.SealingKey> keys = [.. _parts];
            _parts.Clear();
            Apply(keys, frame.Jwks.Span);
        }
    }

    private void Apply(List<Contracts.Token.SealingKey> keys, ReadOnlySpan<byte> jwks)
    {
        var known = _current.SealingKeys;
        var sealing = new Dictionary<ulong, SealingKey>();
        var changed = false;
        foreach (var key in keys)
        {
            var (id, application, end) = (BinaryPrimitives.ReadUInt64BigEndian(key.KeyId.Span), Guid.Parse(key.ApplicationId), key.NotAfter.ToDateTimeOffset());
            var same = known.GetValueOrDefault(id) is { } old && old.Is(application, key.Key.Span, end) ? old : null;
            sealing[id] = same ?? new SealingKey(id, application, key.Key.ToByteArray(), end);
            changed |= same is null;
        }

        var jwksChanged = !jwks.SequenceEqual(_jwks);
        if (_loaded && !changed && !jwksChanged && sealing.Count == known.Count)
        {
            return;
        }

        var assertionKeys = jwksChanged ? Read(jwks) : _current.AssertionKeys;
        _jwks = jwks.ToArray();
        Volatile.Write(ref _current, new KeySet(sealing.ToFrozenDictionary(), assertionKeys));
        _loaded = true;
    }

    private static SecurityKey[] Read(ReadOnlySpan<byte> jwks)
        => jwks.IsEmpty ? [] : [.. new JsonWebKeySet(Encoding.UTF8.GetString(jwks)).GetSigningKeys()];
}
