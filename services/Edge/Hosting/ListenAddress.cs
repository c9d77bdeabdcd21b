using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace ManagedOAuth.Edge.Hosting;

/// <summary>One public address: where its sockets are bound.</summary>
internal sealed record ListenAddress(bool IsHttps, IReadOnlyList<IPEndPoint> EndPoints)
{
    public static bool TryParse(string url, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        if (!Uri.TryCreate(url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https") || uri.AbsolutePath != "/" || uri.Query.Length > 0)
        {
            problem = "not an address such as http://localhost:8700.";
            return false;
        }

        if (AddressesOf(url, uri) is not { } addresses)
        {
            problem = "the host must be localhost, an IP address, or * for every address.";
            return false;
        }

        problem = null;
        address = new ListenAddress(uri.Scheme == "https", [.. addresses.Select(ip => new IPEndPoint(ip, uri.Port))]);
        return true;
    }

    private static IPAddress[]? AddressesOf(string url, Uri uri)
    {
        if (url.Contains("://*", StringComparison.Ordinal))
        {
            return HasIpv6() ? [IPAddress.IPv6Any] : [IPAddress.Any];
        }

        // The three loopback names are one door to the machine's own programs, whichever of them a client resolves first.
        if (Contracts.OAuth.PublicOrigin.IsLoopback(uri.Host))
        {
            return HasIpv6() ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
        }

        return IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) ? [ip] : null;
    }

    // Containers often have no IPv6 although the kernel knows it: only trying tells.
    private static bool HasIpv6()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return false;
        }

        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
