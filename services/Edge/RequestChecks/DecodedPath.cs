using System.Text;

namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>Percent decoding, once.</summary>
internal static class DecodedPath
{
    /// <summary>Decodes every escape of a path whose escapes are whole. False when the bytes are not text in <paramref name="encoding"/>.</summary>
    public static bool TryDecode(ReadOnlySpan<char> path, Encoding encoding, out string decoded)
    {
        var bytes = new byte[path.Length];
        var length = 0;
        for (var i = 0; i < path.Length; i++)
        {
            bytes[length++] = path[i] == '%' ? (byte)((Hex(path[++i]) << 4) | Hex(path[++i])) : (byte)path[i];
        }

        try
        {
            decoded = encoding.GetString(bytes, 0, length);
            return true;
        }
        catch (DecoderFallbackException)
        {
            // Not text: an answer, not a fault.
            decoded = "";
            return false;
        }
    }

    private static int Hex(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
