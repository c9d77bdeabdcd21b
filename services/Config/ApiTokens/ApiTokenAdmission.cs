using System.Net;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>Decides whether an API token works now, from where it is shown. Pure.</summary>
public static class ApiTokenAdmission
{
    /// <summary>Whether the token is enabled, inside its time, and shown from an address that it may be shown from.</summary>
    /// <param name="token">The token.</param>
    /// <param name="now">The time.</param>
    /// <param name="client">The caller's address; null = not known, which a token that asks for an address does not accept.</param>
    public static bool Admits(this ApiToken token, DateTimeOffset now, IPAddress? client)
    {
        ArgumentNullException.ThrowIfNull(token);
        return !token.Disabled
            && (token.NotBefore is null || token.NotBefore <= now)
            && (token.ExpiresAt is null || token.ExpiresAt > now)
            && (token.RequestIpIn is null || (client is not null && token.RequestIpIn.Any(network => AddressRange.Contains(network, client))))
            && (token.RequestIpNotIn is null || (client is not null && !token.RequestIpNotIn.Any(network => AddressRange.Contains(network, client))));
    }

    /// <summary><c>active</c>, <c>disabled</c> or <c>expired</c>, as the token's <c>status</c> says.</summary>
    public static string StatusOf(this ApiToken token, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(token);
        return token.Disabled ? "disabled" : token.ExpiresAt <= now ? "expired" : "active";
    }
}
