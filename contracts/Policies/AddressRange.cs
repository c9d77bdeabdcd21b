using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>Networks of <c>ip</c> rules. An IPv4 address that came mapped into IPv6 counts as IPv4.</summary>
public static class AddressRange
{
    /// <summary>Reads <c>10.0.0.0/8</c>, <c>2001:db8::/32</c> or a single address.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPNetwork? network)
    {
        network = null;
        if (IPNetwork.TryParse(text, out var parsed))
        {
            network = parsed;
        }
        else if (IPAddress.TryParse(text, out var single) && text.AsSpan().ContainsAny('.', ':'))
        {
            network = new IPNetwork(single, single.GetAddressBytes().Length * 8);
        }

        return network is not null;
    }

    /// <summary>Whether the address is inside the network; false for a text that is none.</summary>
    public static bool Contains(string network, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return TryParse(network, out var range) && range.Value.BaseAddress.AddressFamily == plain.AddressFamily && range.Value.Contains(plain);
    }
}
