using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Sessions;

/// <summary>
/// One login in flight, kept by the browser that began it: a random state and where to go afterwards. The answer of the login is taken
/// only from a browser that holds the cookie with the same state, so nobody can log somebody else in (RFC 6749 §10.12).
/// </summary>
/// <param name="State">192 random bits, base64url; goes to the team domain and back.</param>
/// <param name="ApplicationId">The application that the login is for.</param>
/// <param name="PathAndQuery">Where the browser was going on this host.</param>
internal sealed record LoginTransaction(string State, Guid ApplicationId, string PathAndQuery)
{
    /// <summary>How long the browser keeps it: a login lasts ten minutes from the last PIN that was asked for in it, of five.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private const int StateLength = 32;
    private const int NameLength = 8;
    private const int MaximumPath = 1500;

    /// <summary>Begins a login. A place too long to remember becomes the host's root.</summary>
    public static LoginTransaction Begin(Guid applicationId, string pathAndQuery)
        => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(StateLength * 3 / 4)), applicationId, IsLocalPath(pathAndQuery) ? pathAndQuery : "/");

    /// <summary>Each login has a cookie of its own, so that two tabs do not take each other's.</summary>
    public string CookieName(Door door) => CookieNameOf(door.LoginCookiePrefix, State);

    public string CookieValue => $"{State}.{ApplicationId:N}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(PathAndQuery))}";

    public static string CookieNameOf(string prefix, string state) => prefix + state[..NameLength];

    public static bool IsState(string? state)
        => state is { Length: StateLength } && state.AsSpan().IndexOfAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") < 0;

    /// <summary>Reads the cookie's value; false unless it is of the login with this state.</summary>
    public static bool TryRead(string cookie, string state, [NotNullWhen(true)] out LoginTransaction? transaction)
    {
        transaction = null;
        var parts = cookie.Split('.');
        if (parts.Length != 3
            || !CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(parts[0]), Encoding.ASCII.GetBytes(state))
            || !Guid.TryParseExact(parts[1], "N", out var application)
            || !Base64Url.IsValid(parts[2]))
        {
            return false;
        }

        var path = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[2]));
        transaction = new LoginTransaction(state, application, IsLocalPath(path) ? path : "/");
        return true;
    }

    /// <summary>A path of this host and nothing else: no second slash after the first, no backslash, no control characters.</summary>
    public static bool IsLocalPath(string path)
        => path.Length is > 0 and <= MaximumPath
            && path[0] == '/'
            && !path.StartsWith("//", StringComparison.Ordinal)
            && !path.Contains('\\', StringComparison.Ordinal)
            && path.AsSpan().IndexOfAnyExceptInRange('\x21', '\x7e') < 0;
}
