using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>
/// The parameters of a query or form body, read strictly: bad percent escapes and bytes that are not UTF-8 are an error and not replaced, and
/// repeated names stay visible (OAuth 2.1 §3.1). A parameter without value counts as absent.
/// </summary>
public sealed class Parameters
{
    /// <summary>More parameters than this in one request are refused.</summary>
    public const int MaximumCount = 100;

    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, List<string>> _values;

    private Parameters(Dictionary<string, List<string>> values) => _values = values;

    /// <summary>Reads <c>a=b&amp;c=d</c>, with or without a leading question mark; false when it is malformed or has too many parameters.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Parameters? parameters)
    {
        ArgumentNullException.ThrowIfNull(text);
        parameters = null;
        var values = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var rest = text.StartsWith('?') ? text.AsSpan(1) : text;
        var count = 0;
        foreach (var range in rest.Split('&'))
        {
            var pair = rest[range];
            if (pair.IsEmpty)
            {
                continue;
            }

            var equals = pair.IndexOf('=');
            if (++count > MaximumCount
                || !TryDecode(equals < 0 ? pair : pair[..equals], out var name)
                || !TryDecode(equals < 0 ? [] : pair[(equals + 1)..], out var value))
            {
                return false;
            }

            if (value.Length > 0)
            {
                (values.TryGetValue(name, out var list) ? list : values[name] = []).Add(value);
            }
        }

        parameters = new Parameters(values);
        return true;
    }

    /// <summary>The value; null when the parameter is absent, empty or repeated.</summary>
    public string? One(string name) => _values.TryGetValue(name, out var list) && list.Count == 1 ? list[0] : null;

    /// <summary>All values of a parameter.</summary>
    public IReadOnlyList<string> All(string name) => _values.TryGetValue(name, out var list) ? list : [];

    /// <summary>Whether the parameter is there, once or more often.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>Whether the parameter is there more than once.</summary>
    public bool IsRepeated(string name) => All(name).Count > 1;

    /// <summary>The names that are there more than once.</summary>
    public IEnumerable<string> Repeated => _values.Where(entry => entry.Value.Count > 1).Select(entry => entry.Key);

    private static bool TryDecode(ReadOnlySpan<char> text, out string decoded)
    {
        decoded = "";
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '+':
                    bytes[length++] = (byte)' ';
                    break;
                case '%':
                    if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                    {
                        return false;
                    }

                    bytes[length++] = Convert.FromHexString(text.Slice(i + 1, 2))[0];
                    i += 2;
                    break;
                case var c when c < 0x80:
                    bytes[length++] = (byte)c;
                    break;
                default:
                    return false;
            }
        }

        try
        {
            decoded = s_strict.GetString(bytes, 0, length);
            return true;
        }
        catch (DecoderFallbackException)
        {
            // Not UTF-8: an answer, not a fault.
            return false;
        }
    }
}
