using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ManagedOAuth.Contracts.Policies;

/// <summary>
/// Which networks are in which country (ISO 3166-1, two letters), as a list says that the operator provides; immutable. The narrowest network that an
/// address is in counts. An address that no network has is in no country that is known, which is neither this one nor another.
/// </summary>
public sealed class CountryNetworks
{
    /// <summary>Most lines of a list.</summary>
    public const int MostNetworks = 1_000_000;

    private const int LongestLine = 1024;

    // From the start of a range to that of the next, one country; the empty text where none is known.
    private readonly UInt128[] _starts;
    private readonly string[] _countries;
    private readonly FrozenSet<string> _known;

    private CountryNetworks(List<(UInt128 Start, string Country)> ranges, int count)
    {
        _starts = [.. ranges.Select(range => range.Start)];
        _countries = [.. ranges.Select(range => range.Country)];
        _known = _countries.Where(country => country.Length > 0).ToFrozenSet(StringComparer.Ordinal);
        Count = count;
    }

    /// <summary>How many networks the list has.</summary>
    public int Count { get; }

    /// <summary>Whether any network is in this country.</summary>
    /// <param name="country">Two upper-case letters.</param>
    public bool Knows(string country) => _known.Contains(country);

    /// <summary>The country of an address; null where it is not known.</summary>
    public string? Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var found = Array.BinarySearch(_starts, Number(address));
        var index = found >= 0 ? found : ~found - 1;
        return index >= 0 && _countries[index].Length > 0 ? _countries[index] : null;
    }

    /// <summary>The country of an address as text; empty where it is not known, or the text is no address.</summary>
    public string Of(string address) => IPAddress.TryParse(address, out var parsed) ? Of(parsed) ?? "" : "";

    /// <summary>
    /// Reads a list: lines of <c>network,country</c> (CIDR notation) or <c>first,last,country</c> (addresses), with whatever columns behind them; a first
    /// line with names, empty lines and lines that begin with <c>#</c> are passed over. <c>ZZ</c>, <c>-</c> or nothing is no country.
    /// </summary>
    /// <exception cref="FormatException">A line is none of these, there are too many, or none at all; the message names the line.</exception>
    public static CountryNetworks Read(TextReader list)
    {
        ArgumentNullException.ThrowIfNull(list);
        var networks = new List<(UInt128 First, UInt128 Last, string Country)>();
        var codes = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        while (list.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line) || line.StartsWith('#'))
            {
                continue;
            }

            if (line.Length > LongestLine || Parse(line) is not var (first, last, country))
            {
                if (number > 1)
                {
                    throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"line {number} is neither network,country nor first,last,country with a country of two letters"));
                }
            }
            else
            {
                // A few hundred codes stand on as many as a million lines.
                codes.TryAdd(country, country);
                networks.Add((first, last, codes[country]));
            }

            if (networks.Count > MostNetworks)
            {
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"there are more than {MostNetworks} networks"));
            }
        }

        return networks.Count > 0 ? new CountryNetworks(Ranges(networks), networks.Count) : throw new FormatException("there is no network in it");
    }

    private static (UInt128 First, UInt128 Last, string Country)? Parse(string line)
    {
        var fields = line.Split(',', 4);
        for (var index = 0; index < fields.Length; index++)
        {
            fields[index] = fields[index].Trim().Trim('"');
        }

        if (fields.Length >= 3 && IPAddress.TryParse(fields[0], out var first) && IPAddress.TryParse(fields[1], out var last))
        {
            return first.AddressFamily == last.AddressFamily && Number(first) <= Number(last) && Country(fields[2]) is { } of ? (Number(first), Number(last), of) : null;
        }

        if (fields.Length < 2 || !AddressRange.TryParse(fields[0], out var network) || network.Value.PrefixLength == 0 || Country(fields[1]) is not { } country)
        {
            return null;
        }

        var host = (network.Value.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128) - network.Value.PrefixLength;
        var start = Number(network.Value.BaseAddress);
        return (start, start + ((UInt128.One << host) - 1), country);
    }

    // Networks are inside of one another or apart: where the narrower one ends, the wider one goes on.
    private static List<(UInt128 Start, string Country)> Ranges(List<(UInt128 First, UInt128 Last, string Country)> networks)
    {
        var ranges = new List<(UInt128 Start, string Country)>(networks.Count);
        var open = new Stack<(UInt128 Last, string Country)>();
        foreach (var (first, last, country) in networks.OrderBy(network => network.First).ThenByDescending(network => network.Last))
        {
            while (open.Count > 0 && open.Peek().Last < first)
            {
                Close();
            }

            if (open.Count > 0 && last > open.Peek().Last)
            {
                throw new FormatException($"the range that begins at {Address(first)} overlaps another and is not inside of it");
            }

            open.Push((last, country));
            Begin(first, country);
        }

        while (open.Count > 0)
        {
            Close();
        }

        return ranges;

        void Close()
        {
            var (last, _) = open.Pop();
            if (last < UInt128.MaxValue)
            {
                Begin(last + 1, open.Count > 0 ? open.Peek().Country : "");
            }
        }

        void Begin(UInt128 start, string country)
        {
            if (ranges.Count > 0 && ranges[^1].Start == start)
            {
                ranges.RemoveAt(ranges.Count - 1);
            }

            ranges.Add((start, country));
        }
    }

    private static string? Country(string text) => text switch
    {
        "" or "-" or "ZZ" => "",
        [>= 'A' and <= 'Z' or >= 'a' and <= 'z', >= 'A' and <= 'Z' or >= 'a' and <= 'z'] => text.ToUpperInvariant(),
        _ => null,
    };

    // Both families in one order: an IPv4 address is its mapped form.
    private static UInt128 Number(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        (address.AddressFamily == AddressFamily.InterNetwork ? address.MapToIPv6() : address).TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static IPAddress Address(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        var address = new IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
