using System.Text;

namespace ManagedOAuth.Edge.Hosting;

/// <summary>
/// Reads a Connection header so that every name in it reaches the forwarder. Where Kestrel knows one option alone, in however many lines, it puts an interned
/// <c>keep-alive</c>, <c>close</c> or <c>Upgrade</c> in the place of them all and forgets the other names; those are hop-by-hop headers, and would be
/// passed on (RFC 9110 §7.6.1). <c>keep-alive</c> is therefore left out, which HTTP/1.1 does anyway, and put beside the other two. A client of HTTP/1.0
/// that asks for it gets a connection that is closed after the answer.
/// </summary>
internal sealed class ConnectionHeaderEncoding : Encoding
{
    public static readonly ConnectionHeaderEncoding Instance = new();

    private const string KeepAlive = "keep-alive";
    private const int LongestAddition = 16;

    private ConnectionHeaderEncoding()
    {
    }

    /// <summary>One line of the header as Kestrel is to see it.</summary>
    public static string Read(string line)
    {
        if (IsKeepAlive(line))
        {
            return "";
        }

        var names = line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(name => !IsKeepAlive(name)).ToList();
        if (names.Any(IsOption))
        {
            names.Add(KeepAlive);
        }

        return string.Join(", ", names);
    }

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex)
        => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => Latin1.GetMaxByteCount(charCount);

    public override int GetCharCount(byte[] bytes, int index, int count) => Read(Latin1.GetString(bytes, index, count)).Length;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var read = Read(Latin1.GetString(bytes, byteIndex, byteCount));
        read.CopyTo(0, chars, charIndex, read.Length);
        return read.Length;
    }

    // A space may come behind each comma.
    public override int GetMaxCharCount(int byteCount) => (byteCount * 2) + LongestAddition;

    private static bool IsKeepAlive(string name) => name.Equals(KeepAlive, StringComparison.OrdinalIgnoreCase);

    private static bool IsOption(string name)
        => name.Equals("close", StringComparison.OrdinalIgnoreCase) || name.Equals("upgrade", StringComparison.OrdinalIgnoreCase);
}
