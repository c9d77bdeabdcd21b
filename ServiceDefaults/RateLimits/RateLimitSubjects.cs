using System.Net;
using System.Net.Sockets;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.ServiceDefaults.RateLimits;

/// <summary>Whom a request is counted for.</summary>
public static class RateLimitSubjects
{
    /// <summary>
    /// The client's address as Edge vouches for it (the connection's own where there is no Edge in between); of an IPv6
    /// address its /64, because whoever has one address there has all of them.
    /// </summary>
    public static string? Source(HttpContext context)
    {
        return Address(context) is { } address ? Source(address) : null;
    }

    /// <summary>The client's whole address, as Edge vouches for it or as the connection has it.</summary>
    public static IPAddress? Address(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<EdgeRequest>()?.ClientAddress ?? context.Connection.RemoteIpAddress;
    }

    /// <summary>The same for a given address.</summary>
    public static string Source(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, 8)) + "::/64"
            : address.ToString();
    }

    /// <summary>The application whose domain was asked; null elsewhere.</summary>
    public static string? Application(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<EdgeRequest>()?.ApplicationId?.ToString("D");
    }

    /// <summary>Everybody together: a ceiling.</summary>
    public static string? Everyone(HttpContext context) => "*";
}
