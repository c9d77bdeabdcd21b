using System.Buffers;
using System.Text;

namespace ManagedOAuth.ServiceDefaults.Logging;

/// <summary>
/// The last line of defence before a line of text leaves the process: replaces anything that looks like one of our own
/// secrets (<c>mo_at_</c>, <c>mo_rt_</c>, <c>mo_ac_</c>, <c>mo_st_</c> and whatever else wears <c>mo_xx_</c>) or like a
/// JWT. Code must not log secrets in the first place; this catches the one that did.
/// </summary>
public static class SecretRedactor
{
    private const string Mark = "[redacted]";

    // "mo_" and "eyJ" ({" in base64url) are the only ways in which what we look for can begin.
    private static readonly SearchValues<string> s_starts = SearchValues.Create(["mo_", "eyJ"], StringComparison.Ordinal);

    // Token characters of RFC 6750 (b64token) without '.', which separates the parts of a JWT.
    private static readonly SearchValues<char> s_tokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~+/=");

    /// <summary>Returns the same instance when there is nothing to hide, which is the ordinary case.</summary>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.AsSpan().IndexOfAny(s_starts);
        return at < 0 ? text : Rewrite(text, at);
    }

    private static string Rewrite(string text, int at)
    {
        StringBuilder? result = null;
        var copied = 0;
        while (at < text.Length)
        {
            var (kept, end) = text[at] == 'm' ? OwnSecret(text, at) : Jwt(text, at);
            if (end > at)
            {
                result ??= new StringBuilder(text.Length);
                result.Append(text, copied, at + kept - copied).Append(Mark);
                copied = end;
            }

            var from = Math.Max(end, at + 1);
            var next = text.AsSpan(from).IndexOfAny(s_starts);
            if (next < 0)
            {
                break;
            }

            at = from + next;
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    // mo_rt_ + anything: the prefix stays, because it tells an operator which kind of secret leaked.
    private static (int Kept, int End) OwnSecret(string text, int at)
    {
        var kind = at + 3;
        var letters = kind;
        while (letters < text.Length && letters - kind < 4 && char.IsAsciiLetterLower(text[letters]))
        {
            letters++;
        }

        if (letters == kind || letters >= text.Length || text[letters] != '_')
        {
            return (0, at);
        }

        // Ours are far longer than this; "demo_app_name" is not one of them.
        var end = TokenEnd(text, letters + 1, dots: int.MaxValue);
        return end - letters - 1 < 12 ? (0, at) : (letters + 1 - at, end);
    }

    // header.payload[.signature], or the five parts of a JWE. Truncated JWTs count: the payload is what identifies people.
    private static (int Kept, int End) Jwt(string text, int at)
    {
        var header = TokenEnd(text, at, dots: 0);
        if (header - at < 10 || header >= text.Length || text[header] != '.')
        {
            return (0, at);
        }

        var end = TokenEnd(text, header + 1, dots: 3);
        return end - header < 4 ? (0, at) : (0, end);
    }

    private static int TokenEnd(string text, int from, int dots)
    {
        var i = from;
        for (; i < text.Length; i++)
        {
            if (s_tokenCharacters.Contains(text[i]))
            {
                continue;
            }

            // A dot inside is part of the token, a dot at its end closes the sentence.
            if (text[i] == '.' && dots-- > 0 && i + 1 < text.Length && (s_tokenCharacters.Contains(text[i + 1]) || text[i + 1] == '.'))
            {
                continue;
            }

            break;
        }

        return i;
    }
}
