using System.Text;
using ManagedOAuth.Edge.Routing;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>The Cookie header, read without changing a byte of what passes (RFC 6265 §4.2, §5.4).</summary>
internal static class CookieHeader
{
    /// <summary>The header without our own cookies; null when nothing is left.</summary>
    public static string? WithoutReserved(StringValues header)
    {
        // HTTP/2 may split the header (RFC 9113 §8.2.3).
        var text = header.Count == 1 ? header[0] ?? "" : string.Join("; ", header!);
        var found = false;
        foreach (var part in text.AsSpan().Split(';'))
        {
            found |= CookieNames.IsReserved(text.AsSpan(part).TrimStart(" \t"));
        }

        return found ? Filter(text) : text.Length == 0 ? null : text;
    }

    /// <summary>The value of a cookie. False when it is absent, and when it came twice with different values: which one would be meant?</summary>
    public static bool TryGet(StringValues header, string name, out string value, out bool ambiguous)
    {
        value = "";
        ambiguous = false;
        var found = false;
        foreach (var line in header)
        {
            foreach (var part in line.AsSpan().Split(';'))
            {
                var pair = line.AsSpan(part).Trim(" \t");
                if (pair.Length <= name.Length || pair[name.Length] != '=' || !pair.StartsWith(name, StringComparison.Ordinal))
                {
                    continue;
                }

                var candidate = Unquote(pair[(name.Length + 1)..]);
                ambiguous |= found && !candidate.SequenceEqual(value);
                value = candidate.ToString();
                found = true;
            }
        }

        return found && !ambiguous && value.Length > 0;
    }

    private static string? Filter(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var part in text.AsSpan().Split(';'))
        {
            var pair = text.AsSpan(part);
            if (!CookieNames.IsReserved(pair.TrimStart(" \t")))
            {
                kept.Append(kept.Length == 0 ? "" : ";").Append(kept.Length == 0 ? pair.TrimStart(" \t") : pair);
            }
        }

        return kept.Length == 0 ? null : kept.ToString();
    }

    private static ReadOnlySpan<char> Unquote(ReadOnlySpan<char> value)
        => value.Length >= 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1] : value;
}
