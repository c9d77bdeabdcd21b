using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>
/// The parameters of an <c>application/x-www-form-urlencoded</c> body. Read strictly: a bad escape, bad UTF-8 or a control character
/// makes the whole body unreadable, because guessing would let two readers see different requests.
/// </summary>
public sealed class FormBody
{
    /// <summary>Largest body that is read, in bytes.</summary>
    public const int MaximumBytes = 16 * 1024;

    private const int MaximumParameters = 100;
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    /// <summary>Names in the body, each with every value it came with.</summary>
    public IReadOnlyDictionary<string, List<string>> Values => _values;

    /// <summary>The value of a parameter; null when it is absent or empty, which is the same (OAuth 2.1 §3.2).</summary>
    public string? this[string name] => _values.TryGetValue(name, out var values) && values[0].Length > 0 ? values[0] : null;

    /// <summary>All values of a parameter that may come several times, without empty ones.</summary>
    public IEnumerable<string> All(string name) => _values.TryGetValue(name, out var values) ? values.Where(value => value.Length > 0) : [];

    /// <summary>Reads a body; false when it is not well-formed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, [NotNullWhen(true)] out FormBody? form)
    {
        form = null;
        var result = new FormBody();
        var count = 0;
        foreach (var range in body.Split((byte)'&'))
        {
            var pair = body[range];
            if (pair.IsEmpty)
            {
                continue;
            }

            var equals = pair.IndexOf((byte)'=');
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? default : pair[(equals + 1)..];
            if (++count > MaximumParameters || !TryDecode(name, out var decodedName) || !TryDecode(value, out var decodedValue))
            {
                return false;
            }

            if (!result._values.TryGetValue(decodedName, out var values))
            {
                result._values[decodedName] = values = [];
            }

            values.Add(decodedValue);
        }

        form = result;
        return true;
    }

    /// <summary>Decodes one form-urlencoded text; also what Basic credentials are encoded with (RFC 6749 §2.3.1).</summary>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, [NotNullWhen(true)] out string? text)
    {
        text = null;
        var bytes = new byte[encoded.Length];
        var length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            var value = encoded[i];
            if (value == '+')
            {
                value = (byte)' ';
            }
            else if (value == '%')
            {
                if (i + 2 >= encoded.Length || !char.IsAsciiHexDigit((char)encoded[i + 1]) || !char.IsAsciiHexDigit((char)encoded[i + 2]))
                {
                    return false;
                }

                value = (byte)((Hex(encoded[i + 1]) << 4) | Hex(encoded[i + 2]));
                i += 2;
            }

            if (value < 0x20 || value == 0x7F)
            {
                return false;
            }

            bytes[length++] = value;
        }

        try
        {
            text = s_utf8.GetString(bytes, 0, length);
            return true;
        }
        catch (DecoderFallbackException)
        {
            // Not UTF-8: the client's mistake, answered as such.
            return false;
        }
    }

    private static int Hex(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
