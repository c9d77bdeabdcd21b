namespace ManagedOAuth.Contracts.OAuth;

/// <summary>The public origin of an address in the configuration: <c>app.example.com</c> is reached at <c>https://app.example.com</c>.</summary>
public static class PublicOrigin
{
    /// <summary>The hosts on which plain http is allowed. Three different hosts: one never stands for another (RFC 8252 §8.3).</summary>
    public static readonly IReadOnlyList<string> LoopbackHosts = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Scheme and authority of <paramref name="domain"/> (authority with an optional path): http on the loopback hosts, else https.</summary>
    public static string Of(string domain)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        var slash = domain.IndexOf('/', StringComparison.Ordinal);
        var authority = (slash < 0 ? domain : domain[..slash]).ToLowerInvariant();
        return (IsLoopback(HostOf(authority)) ? "http://" : "https://") + authority;
    }

    /// <summary>Whether the host is exactly one of <see cref="LoopbackHosts"/>.</summary>
    public static bool IsLoopback(string host) => LoopbackHosts.Contains(host, StringComparer.OrdinalIgnoreCase);

    /// <summary>The host of an authority, without its port and with the brackets of an IPv6 address.</summary>
    public static string HostOf(string authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        var colon = authority.LastIndexOf(':');
        return colon > authority.LastIndexOf(']') && colon >= 0 ? authority[..colon] : authority;
    }
}
