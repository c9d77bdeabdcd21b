using System.Diagnostics.CodeAnalysis;
using ManagedOAuth.Edge.Feeds;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>
/// Tokens that were opened or verified before, so that the cryptography is done once per token and edge. A fixed number of places, each
/// for one token: of two that share a place, the newer has it. Only tokens that proved genuine get in, so strangers cannot push others
/// out, and nothing is remembered about bad ones. When the keys change, everything is proved again.
/// </summary>
internal sealed class CredentialCache(KeyRing keys)
{
    private const int Places = 4096; // of about 5 kB: 20 MB when full
    private const int KeyLength = 16;
    private readonly Entry?[] _entries = new Entry?[Places];

    public bool TryGet(ReadOnlySpan<char> token, CredentialKind kind, string audience, [NotNullWhen(true)] out VerifiedCredential? credential)
    {
        var entry = Volatile.Read(ref _entries[PlaceOf(token)]);
        if (entry is not null
            && ReferenceEquals(entry.Keys, keys.Current)
            && entry.Credential.Kind == kind
            && entry.Credential.Audience == audience
            && token.SequenceEqual(entry.Token))
        {
            credential = entry.Credential;
            return true;
        }

        credential = null;
        return false;
    }

    /// <param name="token">As it was sent.</param>
    /// <param name="provedWith">The keys that it was proved with.</param>
    /// <param name="credential">What it turned out to be.</param>
    public void Add(string token, KeySet provedWith, VerifiedCredential credential)
        => Volatile.Write(ref _entries[PlaceOf(token)], new Entry(token, provedWith, credential));

    // The end of a token is its authentication tag or signature: as random as any hash of the whole.
    private static int PlaceOf(ReadOnlySpan<char> token)
        => string.GetHashCode(token[Math.Max(0, token.Length - KeyLength)..]) & (Places - 1);

    private sealed record Entry(string Token, KeySet Keys, VerifiedCredential Credential);
}
