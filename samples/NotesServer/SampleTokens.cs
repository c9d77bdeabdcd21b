using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace ManagedOAuth.Samples.NotesServer;

/// <summary>Codes and tokens of the sample, in memory: they end with the process. Each code and each refresh token is good once.</summary>
internal sealed class SampleTokens(TimeProvider clock, IConfiguration configuration)
{
    private const int Most = 10_000;
    private readonly ConcurrentDictionary<string, Entry> _entries = new();

    /// <summary>How long an access token lives; short, so that a refresh can be watched.</summary>
    public TimeSpan AccessLife { get; } = TimeSpan.FromSeconds(configuration.GetValue("Notes:TokenSeconds", 60));

    /// <summary>Makes something that stands for a login.</summary>
    public string Make(string kind, Login login, TimeSpan life)
    {
        foreach (var (key, entry) in _entries.Where(pair => pair.Value.EndsAt < clock.GetUtcNow() || _entries.Count > Most))
        {
            _entries.TryRemove(KeyValuePair.Create(key, entry));
        }
        var token = $"{kind}-{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";
        _entries[token] = new Entry(login, clock.GetUtcNow() + life);
        return token;
    }

    /// <summary>Uses a code or refresh token up.</summary>
    public Login? Take(string kind, string? token)
        => token is not null && token.StartsWith(kind + "-", StringComparison.Ordinal) && _entries.TryRemove(token, out var entry) && entry.EndsAt > clock.GetUtcNow() ? entry.Login : null;

    /// <summary>Ends a token.</summary>
    public void Revoke(string? token) => Take((token ?? "").Split('-')[0], token);

    /// <summary>Whose access token a request shows; null = nobody's.</summary>
    public string? UserOf(string authorization)
        => authorization.StartsWith("Bearer access-", StringComparison.OrdinalIgnoreCase) && _entries.TryGetValue(authorization["Bearer ".Length..], out var entry) && entry.EndsAt > clock.GetUtcNow()
            ? entry.Login.User
            : null;

    /// <summary>Whether the verifier is the one of the challenge (RFC 7636 §4.6).</summary>
    public static bool IsVerifier(string? verifier, string challenge)
        => verifier is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))), Encoding.ASCII.GetBytes(challenge));

    private sealed record Entry(Login Login, DateTimeOffset EndsAt);
}

/// <summary>A login and what it is bound to.</summary>
internal sealed record Login(string User, string ClientId, string RedirectUri, string Challenge);
