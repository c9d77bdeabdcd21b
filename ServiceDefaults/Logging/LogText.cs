using System.Buffers;
using System.Globalization;
using System.Text;

namespace ManagedOAuth.ServiceDefaults.Logging;

/// <summary>Makes text that others had a hand in safe to stand in one line of a log.</summary>
public static class LogText
{
    /// <summary>Longest message or value that is written, in characters.</summary>
    public const int MaximumLength = 4096;

    /// <summary>Longest exception text, stack included, in characters.</summary>
    public const int MaximumExceptionLength = 16 * 1024;

    // Everything that some terminal or log reader takes for the end of a line or for a command.
    private static readonly SearchValues<char> s_unsafe =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(i => (char)i), '\u007f', '\u0085', '\u009b', '\u2028', '\u2029']);

    /// <summary>Secrets redacted, length capped, control characters (line ends first of all) escaped.</summary>
    public static string Line(string text, int maximum = MaximumLength)
    {
        ArgumentNullException.ThrowIfNull(text);

        // Redaction comes before the cut: half a secret at the cut would no longer be recognised.
        var safe = SecretRedactor.Redact(text);
        if (safe.Length > maximum)
        {
            safe = string.Concat(safe.AsSpan(0, maximum), "...");
        }

        return safe.AsSpan().IndexOfAny(s_unsafe) < 0 ? safe : Escape(safe);
    }

    private static string Escape(string text)
    {
        var result = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                _ when s_unsafe.Contains(c) => result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => result.Append(c),
            };
        }

        return result.ToString();
    }
}
