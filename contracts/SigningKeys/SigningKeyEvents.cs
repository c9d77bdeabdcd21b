namespace ManagedOAuth.Contracts.SigningKeys;

// The life of the keys that sign assertions: one stream for all of them, so that every replica agrees on which key is current.
// Private keys are in no event.

/// <summary>A key was made and is published; nothing is signed with it yet.</summary>
public sealed record SigningKeyPublished
{
    /// <summary>SHA-256 of the public key's DER form, 64 hexadecimal digits: <c>kid</c>.</summary>
    public required string KeyId { get; init; }

    /// <summary><c>RS256</c> or <c>ES256</c>.</summary>
    public required string Algorithm { get; init; }

    /// <summary>SubjectPublicKeyInfo, base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>A self-signed certificate of it, PEM: some origins take no JWK.</summary>
    public required string Certificate { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>An administrator chose how long a key signs.</summary>
/// <param name="Days">Whole days.</param>
public sealed record SigningKeyIntervalChanged(int Days, DateTimeOffset At);

/// <summary>From here on assertions are signed with this key.</summary>
public sealed record SigningKeyActivated(string KeyId, DateTimeOffset At);

/// <summary>What is signed with this key may be valid for longer than what was signed before: it stays published for so long after it is retired, whatever is set by then.</summary>
/// <param name="KeyId">The key that signs.</param>
/// <param name="Seconds">The longest life of an assertion from here on.</param>
public sealed record SigningKeyLongestAssertionRaised(string KeyId, long Seconds, DateTimeOffset At);

/// <summary>Nothing more is signed with this key; it stays published for what it has signed.</summary>
public sealed record SigningKeyRetired(string KeyId, DateTimeOffset At);

/// <summary>The key is no longer published: nothing that it signed is valid any more.</summary>
public sealed record SigningKeyRemoved(string KeyId, DateTimeOffset At);
