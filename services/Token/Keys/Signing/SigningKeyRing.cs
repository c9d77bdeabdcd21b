using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.SigningKeys;

namespace ManagedOAuth.Token.Keys.Signing;

/// <summary>The signing keys as their one stream made them. Every replica folds the same ring.</summary>
public sealed class SigningKeyRing
{
    /// <summary>The one stream.</summary>
    public static readonly Guid StreamId = new("5d1f0c5e-6b0e-4c1f-9a53-7e1a5c9b2f10");

    public Guid Id { get; set; }

    public long Version { get; set; }

    /// <summary>Every key that is published, oldest first.</summary>
    public List<RingKey> Keys { get; set; } = [];

    /// <summary>How many days a key signs; null = as this service is set up.</summary>
    public int? IntervalDays { get; set; }

    /// <summary>The key that signs.</summary>
    [JsonIgnore]
    public RingKey? Current => Keys.Find(key => key is { ActivatedAt: not null, RetiredAt: null });

    /// <summary>The key that will sign next.</summary>
    [JsonIgnore]
    public RingKey? Next => Keys.Find(key => key.ActivatedAt is null);

    public static SigningKeyRing Create(SigningKeyPublished e)
    {
        var ring = new SigningKeyRing();
        ring.Apply(e);
        return ring;
    }

    public void Apply(SigningKeyPublished e) => Keys.Add(new RingKey
    {
        KeyId = e.KeyId,
        Algorithm = e.Algorithm,
        PublicKey = e.PublicKey,
        Certificate = e.Certificate,
        PublishedAt = e.At,
    });

    public void Apply(SigningKeyIntervalChanged e) => IntervalDays = e.Days;

    public void Apply(SigningKeyActivated e) => Change(e.KeyId, key => key with { ActivatedAt = e.At });

    public void Apply(SigningKeyLongestAssertionRaised e) => Change(e.KeyId, key => key with { LongestAssertionSeconds = e.Seconds });

    public void Apply(SigningKeyRetired e) => Change(e.KeyId, key => key with { RetiredAt = e.At });

    public void Apply(SigningKeyRemoved e) => Keys.RemoveAll(key => key.KeyId == e.KeyId);

    private void Change(string keyId, Func<RingKey, RingKey> change)
    {
        var index = Keys.FindIndex(key => key.KeyId == keyId);
        if (index >= 0)
        {
            Keys[index] = change(Keys[index]);
        }
    }
}

/// <summary>A published key.</summary>
public sealed record RingKey
{
    public required string KeyId { get; init; }

    public required string Algorithm { get; init; }

    /// <summary>SubjectPublicKeyInfo, base64.</summary>
    public required string PublicKey { get; init; }

    public required string Certificate { get; init; }

    public required DateTimeOffset PublishedAt { get; init; }

    public DateTimeOffset? ActivatedAt { get; init; }

    public DateTimeOffset? RetiredAt { get; init; }

    /// <summary>The longest life that an assertion could have at any time while this key signed.</summary>
    public long LongestAssertionSeconds { get; init; }

    /// <summary>The same.</summary>
    [JsonIgnore]
    public TimeSpan LongestAssertion => TimeSpan.FromSeconds(LongestAssertionSeconds);
}
