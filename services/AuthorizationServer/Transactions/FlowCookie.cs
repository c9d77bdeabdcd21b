using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.AuthorizationServer.Http;

namespace ManagedOAuth.AuthorizationServer.Transactions;

/// <summary>
/// The cookie that ties transactions to a browser: 256 random bits, one for all transactions of a browser, so that any number of tabs needs
/// one cookie. It is the key of the anti-forgery tokens and PIN hashes of its transactions and stands nowhere else; the store holds its hash.
/// </summary>
public static class FlowCookie
{
    private const string Name = "CF_Flow";
    private const int Length = 43;
    private static readonly TimeSpan s_life = TimeSpan.FromHours(1);

    /// <summary>The cookie's value when the browser sent a well-formed one, else null.</summary>
    public static string? Read(HttpContext context, string teamOrigin)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Request.Cookies[TeamCookies.NameOf(Name, teamOrigin)] is { Length: Length } value && Base64Url.IsValid(value) ? value : null;
    }

    /// <summary>The browser's cookie, or a new one; either way it is set anew, so that it outlives the transaction.</summary>
    public static string ReadOrIssue(HttpContext context, string teamOrigin)
    {
        var value = Read(context, teamOrigin) ?? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        TeamCookies.Set(context, Name, teamOrigin, value, s_life);
        return value;
    }

    /// <summary>What the store may hold of a cookie.</summary>
    public static string Hash(string cookie) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(cookie)));

    /// <summary>Whether this is the cookie of that hash; in constant time.</summary>
    public static bool IsOf(string? cookie, string hash)
        => cookie is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Hash(cookie)), Encoding.ASCII.GetBytes(hash));

    /// <summary>A keyed hash over texts that only the holder of the cookie can make us accept: anti-forgery tokens, PIN hashes.</summary>
    public static string Mac(string cookie, params ReadOnlySpan<string> texts)
    {
        // Length before each text: ("ab","c") and ("a","bc") must differ.
        var message = new StringBuilder();
        foreach (var text in texts)
        {
            message.Append(System.Globalization.CultureInfo.InvariantCulture, $"{text.Length}:{text};");
        }

        return Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(cookie), Encoding.UTF8.GetBytes(message.ToString())));
    }

    /// <summary>Whether <paramref name="given"/> is that keyed hash; in constant time.</summary>
    public static bool IsMac(string? given, string cookie, params ReadOnlySpan<string> texts)
        => given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.ASCII.GetBytes(Mac(cookie, texts)));
}
