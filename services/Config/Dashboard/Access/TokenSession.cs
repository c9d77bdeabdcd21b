using System.Buffers.Binary;
using System.Security.Cryptography;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.ServiceDefaults.RateLimits;
using Microsoft.AspNetCore.DataProtection;

namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>
/// The session of somebody who signed in with an API token: a sealed cookie of eight hours with the token's hash. The token itself is not kept, and
/// is looked up again at each request, so that its removal, its end, its conditions and its permissions hold at once.
/// </summary>
public sealed class TokenSession(IDataProtectionProvider protection, ConfigurationLog log, TimeProvider clock)
{
    private const string Cookie = "Dashboard";
    private const int HashLength = 32;
    private static readonly TimeSpan s_lifetime = TimeSpan.FromHours(8);
    private readonly IDataProtector _protector = protection.CreateProtector("dashboard.session");

    /// <summary>Signs in with an API token; false when it is none, or does not work now and from here.</summary>
    public bool TrySignIn(HttpContext context, string presented)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(presented);
        if (!presented.StartsWith(SecretPrefixes.ApiToken, StringComparison.Ordinal) || Find(context, ServiceTokenSecret.Hash(presented)) is not { } token)
        {
            return false;
        }

        var session = new byte[sizeof(long) + HashLength];
        BinaryPrimitives.WriteInt64BigEndian(session, (clock.GetUtcNow() + s_lifetime).ToUnixTimeSeconds());
        Convert.FromHexString(token.Hash).CopyTo(session, sizeof(long));
        context.Response.Cookies.Append(
            DashboardCookies.Name(context, Cookie), Convert.ToBase64String(_protector.Protect(session)), DashboardCookies.Attributes(context, s_lifetime));
        return true;
    }

    /// <summary>Who signed in; null when nobody did, or no longer.</summary>
    public Administrator? Read(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Request.Cookies[DashboardCookies.Name(context, Cookie)] is not { Length: > 0 and < 1000 } cookie || Unseal(cookie) is not { Length: sizeof(long) + HashLength } session)
        {
            return null;
        }

        var ends = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(session));
        return ends > clock.GetUtcNow() && Find(context, Convert.ToHexStringLower(session.AsSpan(sizeof(long)))) is { } token
            ? new Administrator(token.Name, new ApiCaller(Actors.Of(token), token.Permissions, token.Id.ToString()), ByApiToken: true)
            : null;
    }

    /// <summary>Signs out in this browser.</summary>
    public static void SignOut(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.Cookies.Append(DashboardCookies.Name(context, Cookie), "", DashboardCookies.Attributes(context, TimeSpan.Zero));
    }

    private ApiToken? Find(HttpContext context, string hash)
        => log.Current.ApiTokens.TryGetValue(hash, out var token) && token.Admits(clock.GetUtcNow(), RateLimitSubjects.Address(context)) ? token : null;

    private byte[]? Unseal(string cookie)
    {
        try
        {
            return _protector.Unprotect(Convert.FromBase64String(cookie));
        }
        catch (Exception refused) when (refused is CryptographicException or FormatException)
        {
            // Not ours, or of a key that is gone: nobody is signed in.
            return null;
        }
    }
}
