using System.Net;
using ManagedOAuth.Contracts.Policies;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Edge.Hosting;

/// <summary>
/// Whose word about a client's address counts: the proxies in front of the edge (<see cref="EdgeOptions.TrustedProxies"/>), none by default. From the
/// right of <c>X-Forwarded-For</c>, where each proxy writes whom it heard, the first address that is no trusted proxy is the client's; what stands
/// left of it is hearsay. The scheme and the authority of a request are never taken from such headers: each address has its scheme by
/// configuration, and a proxy passes <c>Host</c> on.
/// </summary>
internal sealed class TrustedProxies
{
    private const string Header = "X-Forwarded-For";

    private readonly IPNetwork[] _networks;

    public TrustedProxies(IOptions<EdgeOptions> options)
        : this(options.Value.TrustedProxies)
    {
    }

    internal TrustedProxies(IEnumerable<string> networks)
        => _networks = [.. networks.Select(text => AddressRange.TryParse(text, out var network) ? network.Value : throw new ArgumentException($"'{text}' is no network.", nameof(networks)))];

    /// <summary>Puts the client's address in the place of the proxy's, for everything that comes after.</summary>
    public void Apply(HttpContext context)
    {
        if (_networks.Length > 0 && context.Connection.RemoteIpAddress is { } peer)
        {
            context.Connection.RemoteIpAddress = ClientOf(peer, context.Request.Headers[Header]);
        }
    }

    /// <summary>The client's address.</summary>
    /// <param name="peer">The other end of the connection.</param>
    /// <param name="forwardedFor">The lines of <c>X-Forwarded-For</c> as they came.</param>
    public IPAddress ClientOf(IPAddress peer, StringValues forwardedFor)
    {
        var client = Plain(peer);
        for (var line = forwardedFor.Count - 1; line >= 0; line--)
        {
            var rest = forwardedFor[line].AsSpan();
            while (true)
            {
                // What cannot be read was written by nobody who is trusted to write it: whoever passed it on counts.
                var comma = rest.LastIndexOf(',');
                if (!IsTrusted(client) || !TryRead(rest[(comma + 1)..], out var before))
                {
                    return client;
                }

                client = before;
                if (comma < 0)
                {
                    break;
                }

                rest = rest[..comma];
            }
        }

        return client;
    }

    private bool IsTrusted(IPAddress address)
    {
        foreach (var network in _networks)
        {
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    // Some proxies write the port too: 192.0.2.1:4711, [2001:db8::1]:4711.
    private static bool TryRead(ReadOnlySpan<char> text, out IPAddress address)
    {
        text = text.Trim(" \t");
        var isRead = IPAddress.TryParse(text, out var parsed) && text.ContainsAny('.', ':');
        if (!isRead && IPEndPoint.TryParse(text, out var endPoint) && text.ContainsAny('.', ']'))
        {
            (isRead, parsed) = (true, endPoint.Address);
        }

        address = isRead ? Plain(parsed!) : IPAddress.None;
        return isRead;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
