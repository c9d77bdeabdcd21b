using System.Net;
using System.Net.Sockets;
using ManagedOAuth.Contracts.Policies;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.ServiceDefaults.Outbound;

/// <summary>
/// Keeps requests, whose address somebody wrote into the configuration, from being turned against the inside. A name is resolved once, every address is
/// judged, and the connection is made to an address that passed: what the name stands for a moment later does not matter.
/// </summary>
public sealed class OutboundGuard
{
    private static readonly IPNetwork[] s_never = Networks("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "ff00::/8");

    // Everything that is not for the public internet (RFC 6890 and its successors).
    private static readonly IPNetwork[] s_inside = Networks(
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    private static readonly IPNetwork s_global = IPNetwork.Parse("2000::/3");
    private readonly IPNetwork[] _allowed;
    private readonly InternalAddresses _own;

    public OutboundGuard(IOptions<OutboundOptions> options, InternalAddresses own)
    {
        ArgumentNullException.ThrowIfNull(options);
        _allowed = Networks([.. options.Value.AllowedNetworks]);
        _own = own;
        Timeout = options.Value.Timeout;
    }

    /// <summary>How long a whole request may take; for the clients to keep.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>
    /// A handler for clients of servers outside: no redirects, no cookies, and every connection through this guard. Times and sizes are the client's
    /// own to bound.
    /// </summary>
    public SocketsHttpHandler CreateHandler(OutboundReach reach) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,

        // Behind a proxy it would be the proxy that chooses the address.
        UseProxy = reach != OutboundReach.Public,
        ConnectTimeout = TimeSpan.FromSeconds(3),
        MaxResponseHeadersLength = 32,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, reach, cancellation),
    };

    /// <summary>Whether a connection may be made to this address.</summary>
    public bool Allows(IPAddress address, OutboundReach reach)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IsIn(s_never, plain))
        {
            return false;
        }

        return reach == OutboundReach.Configured || IsIn(_allowed, plain)
            || (!IsIn(s_inside, plain) && (plain.AddressFamily == AddressFamily.InterNetwork || s_global.Contains(plain)));
    }

    /// <summary>Connects to an allowed address of a host.</summary>
    /// <exception cref="HttpRequestException">There is none, or none answers.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint endPoint, OutboundReach reach, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var addresses = IPAddress.TryParse(endPoint.Host.Trim('[', ']'), out var literal) ? [literal] : await ResolveAsync(endPoint.Host, cancellation);
        var allowed = addresses.Where(address => Allows(address, reach) && !_own.Contains(address.ToString(), endPoint.Port)).ToArray();
        if (allowed.Length == 0 || _own.Contains(endPoint.Host, endPoint.Port))
        {
            throw new HttpRequestException(
                $"{endPoint.Host} has no address that requests may go to. An operator can name networks of their own that may be reached (Outbound:AllowedNetworks).");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException failed)
        {
            socket.Dispose();
            throw new HttpRequestException($"{endPoint.Host} cannot be reached: {failed.SocketErrorCode}.", failed);
        }
        catch
        {
            // Whatever the reason, the handle must not stay open.
            socket.Dispose();
            throw;
        }
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(host, cancellation);
        }
        catch (SocketException unknown)
        {
            throw new HttpRequestException($"{host} is not known.", unknown);
        }
    }

    private static bool IsIn(IPNetwork[] networks, IPAddress address)
        => Array.Exists(networks, network => network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address));

    private static IPNetwork[] Networks(params string[] texts)
        => [.. texts.Select(text => AddressRange.TryParse(text, out var network) ? network.Value : throw new InvalidOperationException($"'{text}' is no network in CIDR notation."))];
}
