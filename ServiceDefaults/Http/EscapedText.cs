using System.Buffers.Text;

namespace ManagedOAuth.ServiceDefaults.Http;

/// <summary>Escapes in JSON texts.</summary>
public static class EscapedText
{
    /// <summary>
    /// Whether every surrogate that is escaped (<c>\ud800</c> to <c>\udfff</c>) is one of a pair. Half of one is JSON (RFC 8259 §8.2), but no text: it cannot
    /// be read, and two readers take it for different things.
    /// </summary>
    /// <param name="json">UTF-8. What is not JSON gets any answer.</param>
    public static bool IsPaired(ReadOnlySpan<byte> json)
    {
        for (int at; (at = json.IndexOf((byte)'\\')) >= 0;)
        {
            json = json[at..];
            if (!TryUnit(json, out var unit))
            {
                // Another escape, of one letter.
                json = json[Math.Min(2, json.Length)..];
                continue;
            }

            json = json[6..];
            if (char.IsHighSurrogate(unit) && TryUnit(json, out var low) && char.IsLowSurrogate(low))
            {
                json = json[6..];
            }
            else if (char.IsSurrogate(unit))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryUnit(ReadOnlySpan<byte> json, out char unit)
    {
        var is16 = Utf8Parser.TryParse(json.Length >= 6 && json.StartsWith("\\u"u8) ? json[2..6] : default, out ushort value, out var length, 'X') && length == 4;
        unit = (char)value;
        return is16;
    }
}
