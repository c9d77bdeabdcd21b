using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ManagedOAuth.Samples.NotesServer;

/// <summary>
/// Codes and tokens of the sample, in memory and, where <c>Notes:TokensFile</c> names one, in a file that outlives the process. Each code and each
/// refresh token is good once.
/// </summary>
internal sealed class SampleTokens
{
    private const int Most = 1000;
    private readonly TimeProvider _clock;
    private readonly string? _file;
    private readonly ConcurrentDictionary<string, Entry> _entries;
    private readonly Lock _writing = new();

    public SampleTokens(TimeProvider clock, IConfiguration configuration)
    {
        _clock = clock;
        _file = configuration["Notes:TokensFile"];
        AccessLife = TimeSpan.FromSeconds(configuration.GetValue("Notes:TokenSeconds", 60));
        _entries = File.Exists(_file) && JsonSerializer.Deserialize<Dictionary<string, Entry>>(File.ReadAllText(_file)) is { } kept ? new(kept) : new();
    }

    /// <summary>How long an access token lives; short, so that a refresh can be watched.</summary>
    public TimeSpan AccessLife { get; }

    /// <summary>Makes something that stands for a login.</summary>
    public string Make(string kind, Login login, TimeSpan life)
    {
        var now = _clock.GetUtcNow();
        foreach (var (key, _) in _entries.OrderBy(pair => pair.Value.EndsAt).Where((pair, index) => pair.Value.EndsAt < now || _entries.Count - index > Most).ToList())
        {
            _entries.TryRemove(key, out Entry? _);
        }
        var token = $"{kind}-{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";
        _entries[token] = new Entry(login, now + life);
        Keep();
        return token;
    }

    /// <summary>Uses a code or refresh token up.</summary>
    public Login? Take(string kind, string? token)
    {
        if (token is null || !token.StartsWith(kind + "-", StringComparison.Ordinal) || !_entries.TryRemove(token, out var entry))
        {
            return null;
        }
        Keep();
        return entry.EndsAt > _clock.GetUtcNow() ? entry.Login : null;
    }

    /// <summary>Ends a token.</summary>
    public void Revoke(string? token) => Take((token ?? "").Split('-')[0], token);

    /// <summary>Whose access token a request shows; null = nobody's.</summary>
    public string? UserOf(string authorization)
        => authorization.StartsWith("Bearer access-", StringComparison.OrdinalIgnoreCase) && _entries.TryGetValue(authorization["Bearer ".Length..], out var entry) && entry.EndsAt > _clock.GetUtcNow()
            ? entry.Login.User
            : null;

    /// <summary>Whether the verifier is the one of the challenge (RFC 7636 §4.6).</summary>
    public static bool IsVerifier(string? verifier, string challenge)
        => verifier is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))), Encoding.ASCII.GetBytes(challenge));

    // Written aside and renamed: a process that is killed leaves the file as it was, or as it is to be.
    private void Keep()
    {
        if (_file is null)
        {
            return;
        }
        lock (_writing)
        {
            using (var stream = new FileStream(_file + ".new", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                JsonSerializer.Serialize(stream, new Dictionary<string, Entry>(_entries));
            }
            File.Move(_file + ".new", _file, overwrite: true);
        }
    }

    private sealed record Entry(Login Login, DateTimeOffset EndsAt);
}

/// <summary>A login and what it is bound to.</summary>
internal sealed record Login(string User, string ClientId, string RedirectUri, string Challenge);
