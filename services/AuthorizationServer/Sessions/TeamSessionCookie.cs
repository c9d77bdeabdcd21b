using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.Contracts.Tokens;

namespace ManagedOAuth.AuthorizationServer.Sessions;

/// <summary>The cookie of a team session: 256 random bits, made anew at every login, so a value that was planted before means nothing.</summary>
public static class TeamSessionCookie
{
    private const string Name = "CF_TeamSession";
    private static readonly int s_length = SecretPrefixes.TeamSession.Length + 43;

    /// <summary>A new value.</summary>
    public static string NewValue() => SecretPrefixes.TeamSession + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>The id of the session that a value opens.</summary>
    public static string IdOf(string value) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(value)));

    /// <summary>What the browser sent; null unless it has the form of a value.</summary>
    public static string? Read(HttpContext context, string teamOrigin)
    {
        ArgumentNullException.ThrowIfNull(context);
        var value = context.Request.Cookies[TeamCookies.NameOf(Name, teamOrigin)];
        return value is not null && value.Length == s_length && value.StartsWith(SecretPrefixes.TeamSession, StringComparison.Ordinal)
            && Base64Url.IsValid(value.AsSpan(SecretPrefixes.TeamSession.Length)) ? value : null;
    }

    /// <summary>Gives the browser the cookie.</summary>
    public static void Set(HttpContext context, string teamOrigin, string value, TimeSpan life) => TeamCookies.Set(context, Name, teamOrigin, value, life);

    /// <summary>Takes it from the browser.</summary>
    public static void Remove(HttpContext context, string teamOrigin) => TeamCookies.Remove(context, Name, teamOrigin);
}
