using System.Security.Cryptography;

namespace ManagedOAuth.Edge.Feeds;

/// <summary>A key that opens access tokens of one application.</summary>
internal sealed class SealingKey(ulong id, Guid applicationId, byte[] key, DateTimeOffset notAfter)
{
    private const int TagSize = 16;

    public ulong Id { get; } = id;

    public Guid ApplicationId { get; } = applicationId;

    /// <summary>Tokens sealed with it are dead after this.</summary>
    public DateTimeOffset NotAfter { get; } = notAfter;

    /// <summary>A cipher for one opening: an <see cref="AesGcm"/> must not be used by two threads at once.</summary>
    public AesGcm CreateCipher() => new(key, TagSize);

    public bool Is(Guid applicationId, ReadOnlySpan<byte> other, DateTimeOffset end)
        => ApplicationId == applicationId && NotAfter == end && CryptographicOperations.FixedTimeEquals(key, other);
}
