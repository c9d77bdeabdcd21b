namespace ManagedOAuth.Contracts.OAuth;

/// <summary>
/// A URI taken apart without any repair. <see cref="System.Uri"/> resolves dot segments, decodes escapes and lower-cases hosts before
/// anyone can look at them, so that what is checked would not be what is used; this reader refuses such input instead.
/// </summary>
internal readonly record struct UriText
{
    /// <summary>Longest URI that is looked at.</summary>
    internal const int MaximumLength = 2048;

    /// <summary>Lower case.</summary>
    internal required string Scheme { get; init; }

    /// <summary>Lower case, with brackets when it is an IPv6 address; empty for a URI without authority (<c>com.example.app:/cb</c>).</summary>
    internal required string Host { get; init; }

    /// <summary>The port as written, or the scheme's default for http and https, or 0.</summary>
    internal required int Port { get; init; }

    /// <summary>Everything from the path up to the query, as written.</summary>
    internal required string Path { get; init; }

    /// <summary>The query with its question mark, or empty.</summary>
    internal required string Query { get; init; }

    /// <summary>
    /// Reads an absolute URI. False for control bytes, spaces, anything outside ASCII, quotes, angle brackets, backslashes, bad percent
    /// escapes, user information, a fragment, a host that is no plain name or address, or a port outside 1 to 65535.
    /// </summary>
    internal static bool TryParse(string? text, out UriText uri)
    {
        uri = default;
        if (string.IsNullOrEmpty(text) || text.Length > MaximumLength || !HasOnlyUriCharacters(text))
        {
            return false;
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || !IsScheme(text.AsSpan(0, colon)))
        {
            return false;
        }

        var scheme = text[..colon].ToLowerInvariant();
        var rest = text.AsSpan(colon + 1);
        var authority = ReadOnlySpan<char>.Empty;
        if (rest.StartsWith("//"))
        {
            var end = rest[2..].IndexOfAny('/', '?');
            authority = end < 0 ? rest[2..] : rest.Slice(2, end);
            rest = rest[(2 + authority.Length)..];
        }

        if (!TryReadAuthority(authority, out var host, out var port))
        {
            return false;
        }

        var question = rest.IndexOf('?');
        uri = new UriText
        {
            Scheme = scheme,
            Host = host,
            Port = port != 0 ? port : scheme switch { "https" => 443, "http" => 80, _ => 0 },
            Path = (question < 0 ? rest : rest[..question]).ToString(),
            Query = question < 0 ? "" : rest[question..].ToString(),
        };
        return true;
    }

    /// <summary>Whether some server could read the path as another one: dot segments, empty segments, encoded dots, slashes or backslashes.</summary>
    internal bool HasAmbiguousPath
        => Path.Contains("//", StringComparison.Ordinal)
            || Path.Contains("%2e", StringComparison.OrdinalIgnoreCase)
            || Path.Contains("%2f", StringComparison.OrdinalIgnoreCase)
            || Path.Contains("%5c", StringComparison.OrdinalIgnoreCase)
            || Path.Split('/').Any(segment => segment.Split(';')[0] is "." or "..");

    /// <summary>The path with <c>/</c> for none.</summary>
    internal string PathOrRoot => Path.Length == 0 ? "/" : Path;

    private static bool HasOnlyUriCharacters(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is <= ' ' or >= '\x7f' or '"' or '<' or '>' or '\\' or '^' or '`' or '{' or '|' or '}' or '#')
            {
                return false;
            }

            if (c == '%' && (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])))
            {
                return false;
            }
        }

        // An escaped control byte has no honest use in a URI that people's browsers are sent to.
        return !ContainsEscapedControl(text);
    }

    private static bool ContainsEscapedControl(string text)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i + 1))
        {
            if (text[i + 1] is '0' or '1' || (text[i + 1] == '7' && text[i + 2] is 'f' or 'F'))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsScheme(ReadOnlySpan<char> text)
        => char.IsAsciiLetter(text[0]) && text.IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") < 0;

    private static bool TryReadAuthority(ReadOnlySpan<char> authority, out string host, out int port)
    {
        host = "";
        port = 0;
        if (authority.IsEmpty)
        {
            return true;
        }

        var bracket = authority[0] == '[' ? authority.IndexOf(']') : -1;
        var colon = bracket < 0 ? authority.IndexOf(':') : authority[bracket..].IndexOf(':') + bracket;
        var hasPort = colon > bracket && colon >= 0;
        var name = hasPort ? authority[..colon] : authority;
        if (hasPort && !TryReadPort(authority[(colon + 1)..], out port))
        {
            return false;
        }

        host = name.ToString().ToLowerInvariant();
        return bracket < 0 ? IsName(host) : bracket == name.Length - 1 && IsAddress(host);
    }

    private static bool TryReadPort(ReadOnlySpan<char> text, out int port)
    {
        port = 0;
        if (text.Length is 0 or > 5 || text[0] == '0' || text.IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            return false;
        }

        port = int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        return port <= 65535;
    }

    private static bool IsName(string host)
        => host.AsSpan().IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-._") < 0 && !host.EndsWith('.') && !host.StartsWith('.');

    private static bool IsAddress(string host)
        => host.AsSpan(1, host.Length - 2).IndexOfAnyExcept("0123456789abcdef:.") < 0;
}
