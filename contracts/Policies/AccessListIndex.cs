using System.Collections.Frozen;
using System.Net;
using System.Runtime.CompilerServices;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>A list made ready to be asked. Made once for each version of a list, when it is asked for the first time.</summary>
internal sealed class AccessListIndex
{
    // By the items themselves: they are never changed in place, and a list record may be copied with them.
    private static readonly ConditionalWeakTable<IReadOnlyList<AccessListItem>, AccessListIndex> s_known = [];

    private readonly FrozenSet<string> _values;
    private readonly IPNetwork[] _networks;

    private AccessListIndex(AccessList list)
    {
        _values = list.Items.Select(item => item.Value).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _networks = list.Type == AccessListType.Ip
            ? [.. list.Items.Select(item => AddressRange.TryParse(item.Value, out var network) ? network : null).OfType<IPNetwork>()]
            : [];
    }

    internal static AccessListIndex Of(AccessList list) => s_known.GetValue(list.Items, _ => new AccessListIndex(list));

    internal bool HasEmail(string email) => _values.Contains(email);

    internal bool HasAddress(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(_networks, network => network.BaseAddress.AddressFamily == plain.AddressFamily && network.Contains(plain));
    }
}
