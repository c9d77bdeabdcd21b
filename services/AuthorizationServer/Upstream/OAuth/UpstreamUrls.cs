using ManagedOAuth.Contracts.OAuth;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Upstream.OAuth;

/// <summary>Addresses that a server or its authorization server gave: requests with secrets go to some, and people's browsers to others.</summary>
public static class UpstreamUrls
{
    // Allowed in a URL by RFC 3986, but of use only to somebody who hopes that a program hands the address to a shell.
    private const string Suspicious = "$()'`;!*";

    /// <summary>
    /// Whether an address can be used: https, or http on a loopback host where <paramref name="from"/> is on one itself; without user information,
    /// fragment and anything that two readers could read differently.
    /// </summary>
    /// <param name="url">The address.</param>
    /// <param name="from">Where it was found: a server on the internet has no business on this machine.</param>
    public static bool IsUsable(string? url, string from)
    {
        ArgumentNullException.ThrowIfNull(from);
        return ResourceIndicator.IsWellFormed(url)
            && url.AsSpan().IndexOfAny(Suspicious) < 0
            && OutboundHttp.IsAllowed(url)
            && (IsHttps(url!) || !IsHttps(from));
    }

    /// <summary>Whether both have the same scheme, host and port.</summary>
    public static bool IsSameOrigin(string one, string other)
        => Uri.TryCreate(one, UriKind.Absolute, out var a) && Uri.TryCreate(other, UriKind.Absolute, out var b)
            && Uri.Compare(a, b, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>A well-known address with the path of <paramref name="url"/> after it (RFC 8414 §3.1, RFC 9728 §3.1).</summary>
    public static string WellKnown(string url, string name)
    {
        var uri = new Uri(url);
        return $"{uri.GetLeftPart(UriPartial.Authority)}/.well-known/{name}{uri.AbsolutePath.TrimEnd('/')}";
    }

    /// <summary>Scheme and authority.</summary>
    public static string OriginOf(string url) => new Uri(url).GetLeftPart(UriPartial.Authority);

    private static bool IsHttps(string url) => url.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
}
