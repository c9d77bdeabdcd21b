using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>
/// What becomes of each header. Names are compared without case and with <c>_</c> and <c>.</c> taken as <c>-</c>, because servers behind
/// CGI-like interfaces see all three as one: <c>Cf_Access_Jwt_Assertion</c> is the assertion to them.
/// </summary>
internal static class HeaderRules
{
    private const int LongestKnown = 64;

    private static readonly FrozenDictionary<string, HeaderKind> s_kinds = new Dictionary<string, HeaderKind>(StringComparer.Ordinal)
    {
        ["connection"] = HeaderKind.HopByHop,
        ["keep-alive"] = HeaderKind.HopByHop,
        ["proxy-connection"] = HeaderKind.HopByHop,
        ["proxy-authenticate"] = HeaderKind.HopByHop,
        ["proxy-authentication-info"] = HeaderKind.HopByHop,
        ["proxy-authorization"] = HeaderKind.HopByHop,
        ["te"] = HeaderKind.HopByHop,
        ["trailer"] = HeaderKind.HopByHop,
        ["transfer-encoding"] = HeaderKind.HopByHop,
        ["upgrade"] = HeaderKind.HopByHop,
        ["http2-settings"] = HeaderKind.HopByHop,
        ["alt-used"] = HeaderKind.HopByHop,
        ["x-content-length"] = HeaderKind.HopByHop,
        ["host"] = HeaderKind.Host,
        ["authorization"] = HeaderKind.Authorization,
        ["cookie"] = HeaderKind.Cookie,
        ["content-length"] = HeaderKind.ContentLength,
        ["traceparent"] = HeaderKind.Trace,
        ["tracestate"] = HeaderKind.Trace,
        ["baggage"] = HeaderKind.Trace,
        ["correlation-context"] = HeaderKind.Trace,
        ["request-id"] = HeaderKind.Trace,
        ["forwarded"] = HeaderKind.Forwarding,
        ["via"] = HeaderKind.Forwarding,
        ["x-real-ip"] = HeaderKind.Forwarding,
        ["x-client-ip"] = HeaderKind.Forwarding,
        ["x-cluster-client-ip"] = HeaderKind.Forwarding,
        ["x-remote-ip"] = HeaderKind.Forwarding,
        ["x-remote-addr"] = HeaderKind.Forwarding,
        ["client-ip"] = HeaderKind.Forwarding,
        ["true-client-ip"] = HeaderKind.Forwarding,
        ["fastly-client-ip"] = HeaderKind.Forwarding,
        ["cf-connecting-ip"] = HeaderKind.Forwarding,
        ["cf-connecting-ipv6"] = HeaderKind.Forwarding,
        ["cf-ipcountry"] = HeaderKind.Forwarding,
        ["cf-visitor"] = HeaderKind.Forwarding,
        ["cf-ray"] = HeaderKind.Forwarding,
        ["x-rewrite-url"] = HeaderKind.Forwarding,
        ["x-replaced-path"] = HeaderKind.Forwarding,
        ["client-cert"] = HeaderKind.Identity,
        ["client-cert-chain"] = HeaderKind.Identity,
        ["x-client-cert"] = HeaderKind.Identity,
        ["x-arr-clientcert"] = HeaderKind.Identity,
        ["remote-user"] = HeaderKind.Identity,
        ["x-remote-user"] = HeaderKind.Identity,
        ["x-authenticated-user"] = HeaderKind.Identity,
        ["x-webauth-user"] = HeaderKind.Identity,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, HeaderKind>.AlternateLookup<ReadOnlySpan<char>> s_lookup =
        s_kinds.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>What a request header is.</summary>
    public static HeaderKind Classify(string name)
    {
        if (name.StartsWith(':'))
        {
            return HeaderKind.HopByHop;
        }

        Span<char> buffer = stackalloc char[LongestKnown];
        var length = Math.Min(name.Length, LongestKnown);
        for (var i = 0; i < length; i++)
        {
            var c = name[i];
            buffer[i] = c is '_' or '.' ? '-' : c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c;
        }

        ReadOnlySpan<char> plain = buffer[..length];
        if (IsReservedPrefix(plain) || plain.StartsWith("x-ssl-client") || plain.StartsWith("ssl-client") || plain.StartsWith("x-auth-request-"))
        {
            return HeaderKind.Identity;
        }

        if (plain.StartsWith("x-forwarded-") || plain.StartsWith("x-original-"))
        {
            return HeaderKind.Forwarding;
        }

        return name.Length <= LongestKnown && s_lookup.TryGetValue(plain, out var kind) ? Spelled(name, kind) : HeaderKind.Plain;
    }

    /// <summary>Whether an origin may not say this: the names that carry identity in, and those of the connection.</summary>
    public static bool IsDroppedFromResponse(string name) => Classify(name) switch
    {
        HeaderKind.HopByHop => !name.Equals("Trailer", StringComparison.OrdinalIgnoreCase),
        HeaderKind.Identity => true,
        _ => false,
    };

    /// <summary>Whether a Connection header names this one: then it is meant for us alone (RFC 9110 §7.6.1), whatever else it is called.</summary>
    public static bool IsNamedBy(StringValues connection, string name)
    {
        foreach (var line in connection)
        {
            if (line is "" or "keep-alive" or "close" or "Upgrade" or "upgrade")
            {
                continue;
            }

            foreach (var part in line.AsSpan().Split(','))
            {
                if (line.AsSpan(part).Trim(" \t").Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsReservedPrefix(ReadOnlySpan<char> plain)
        => plain.StartsWith("cf-access-") || plain.StartsWith("x-managedoauth-");

    // "Host" in another spelling is no Host, and an origin must not take it for one: it goes the way of what claims to be original.
    private static HeaderKind Spelled(string name, HeaderKind kind)
        => kind is HeaderKind.Host or HeaderKind.Authorization or HeaderKind.Cookie or HeaderKind.ContentLength && name.AsSpan().ContainsAny('_', '.')
            ? HeaderKind.Forwarding
            : kind;
}
