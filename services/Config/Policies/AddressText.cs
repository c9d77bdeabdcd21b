using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Policies;

/// <summary>
/// The addresses, domains and networks that an administrator writes into rules and lists. What would never match, or would match something else than
/// it says, is refused with what to write instead; null says that nothing is wrong.
/// </summary>
public static class AddressText
{
    /// <summary>What is wrong with an e-mail address: it is read as at the login, so that an address which nobody can log in with is in no rule.</summary>
    public static string? WrongEmail(string text)
        => EmailAddress.TryNormalize(text, out _) ? null
            : $"'{text}' is no e-mail address: it is written alice@example.com, in ASCII letters, and an internationalised domain as xn--...";

    /// <summary>What is wrong with the domain of e-mail addresses, in lower case.</summary>
    public static string? WrongDomain(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Contains('@', StringComparison.Ordinal) ? $"'{text}' is an address: write the domain alone, such as example.com, or a rule of kind email"
            : !EmailAddress.IsDomain(text) ? $"'{text}' is no domain: it is written example.com, in ASCII letters, and an internationalised one as xn--..."
            : !text.Contains('.', StringComparison.Ordinal) ? $"'{text}' has no dot: write the whole domain, such as example.com"
            : null;
    }

    /// <summary>What is wrong with an address or a network in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3).</summary>
    public static string? WrongNetwork(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var written = slash < 0 ? text : text[..slash];
        if (!AddressRange.TryParse(text, out var network) || !IPAddress.TryParse(written, out var address) || written.AsSpan().ContainsAny('%', '[')
            || (slash >= 0 && text[(slash + 1)..] != network.Value.PrefixLength.ToString(CultureInfo.InvariantCulture)))
        {
            return $"'{text}' is no address or network in CIDR notation, such as 203.0.113.0/24 or 2001:db8::/32";
        }

        // 010.0.0.1 is read as 8.0.0.1, and 10.1 as 10.0.0.1: whoever wrote that may have meant another address.
        if (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != written)
        {
            return $"'{text}' reads as {network}: write an IPv4 address as four decimal numbers without leading zeros";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return $"'{text}' is an IPv4 address inside IPv6, which no client has: write {address.MapToIPv4()} with a prefix length of at most 32";
        }

        return network.Value.BaseAddress.Equals(address) ? null
            : $"'{text}' has bits set behind its prefix: write {network} for the network, or {address} for the one address";
    }
}
