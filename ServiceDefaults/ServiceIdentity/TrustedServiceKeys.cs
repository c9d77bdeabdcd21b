using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>The peers' public keys, by name, read from the trusted directory and again when a file changes.</summary>
internal sealed partial class TrustedServiceKeys(
    IOptions<ServiceIdentityOptions> options, TimeProvider clock, ILogger<TrustedServiceKeys> logger)
{
    // How often at most the directory is looked at for one name.
    private static readonly TimeSpan s_lookAgainAfter = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, Peer> _peers = new(StringComparer.Ordinal);

    /// <summary>The keys of one service; empty when it is unknown.</summary>
    public IReadOnlyList<ECDsaSecurityKey> For(string service)
    {
        // The name comes from an unverified token and becomes a file name: nothing but a service's name gets that far.
        if (!IsServiceName(service))
        {
            return [];
        }

        var now = clock.GetUtcNow();
        var known = _peers.GetValueOrDefault(service);
        if (known is not null && now < known.LookAgainAt && now > known.LookAgainAt - (s_lookAgainAfter * 2))
        {
            return known.Keys;
        }

        var peer = Read(service, known, now + s_lookAgainAfter);
        if (peer is not null)
        {
            _peers[service] = peer;
        }
        else
        {
            // Unknown names are not remembered, so that guesses cannot fill the memory.
            _peers.TryRemove(service, out _);
        }

        return peer?.Keys ?? [];
    }

    private Peer? Read(string service, Peer? known, DateTimeOffset lookAgainAt)
    {
        var path = Path.Combine(options.Value.TrustedKeys, $"{service}.pub.pem");
        try
        {
            var written = File.GetLastWriteTimeUtc(path);
            if (known is not null && known.Written == written)
            {
                return known with { LookAgainAt = lookAgainAt };
            }

            return File.Exists(path) ? new Peer(PemFiles.ReadPublicKeys(path), written, lookAgainAt) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // Protects the callers' requests from a file that is half written or broken: what it said before stays true
            // until it can be read again, and without a before its owner is nobody.
            Log.Unreadable(logger, path, exception.Message);
            return known is null ? null : known with { LookAgainAt = lookAgainAt };
        }
    }

    private static bool IsServiceName(string name) =>
        name.Length is > 0 and <= 40 && char.IsAsciiLetterLower(name[0])
        && name.AsSpan().IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-") < 0;

    private sealed record Peer(IReadOnlyList<ECDsaSecurityKey> Keys, DateTime Written, DateTimeOffset LookAgainAt);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The trusted key file {Path} cannot be read: {Message}", EventName = "TrustedKeyUnreadable")]
        public static partial void Unreadable(ILogger logger, string path, string message);
    }
}
