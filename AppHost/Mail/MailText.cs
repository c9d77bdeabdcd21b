using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ManagedOAuth.AppHost.Mail;

/// <summary>Reads what a mail program would show of a message (RFC 5322, RFC 2045, RFC 2047): subject and plain text.</summary>
internal static partial class MailText
{
    private const int MaxNesting = 4;

    /// <summary>Subject, text and PIN of a message as it came over the wire.</summary>
    public static (string Subject, string Text, string? Pin) Read(string message)
    {
        var (headers, body) = Split(message);
        var text = Body(headers, body, 0);
        // Our mails end a line with the code. (Names, which anybody may choose, stand within lines.)
        var pin = Pin().Match(text);
        return (EncodedWord().Replace(headers.GetValueOrDefault("subject", ""), word => Decode(word)), text, pin.Success ? pin.Value : null);
    }

    private static (Dictionary<string, string> Headers, string Body) Split(string part)
    {
        var end = part.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var head = part.StartsWith("\r\n", StringComparison.Ordinal) ? "" : end < 0 ? part : part[..end];
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in Folding().Replace(head, " ").Split("\r\n"))
        {
            if (line.IndexOf(':') is > 0 and var colon)
            {
                headers.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim());
            }
        }
        return (headers, head.Length == 0 ? part[Math.Min(2, part.Length)..] : end < 0 ? "" : part[(end + 4)..]);
    }

    private static string Body(Dictionary<string, string> headers, string body, int depth)
    {
        var type = headers.GetValueOrDefault("content-type", "text/plain");
        if (type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) && Boundary().Match(type) is { Success: true } boundary && depth < MaxNesting)
        {
            var parts = ("\r\n" + body).Split("\r\n--" + boundary.Groups[1].Value).Skip(1).Where(part => !part.StartsWith("--", StringComparison.Ordinal))
                .Select(part => Split(part.TrimStart(' ', '\t') is ['\r', '\n', .. var rest] ? rest : part)).ToList();
            var best = parts.FirstOrDefault(part => !part.Headers.GetValueOrDefault("content-type", "text/plain").StartsWith("text/html", StringComparison.OrdinalIgnoreCase));
            return best.Headers is null ? "" : Body(best.Headers, best.Body, depth + 1);
        }
        return headers.GetValueOrDefault("content-transfer-encoding", "").ToLowerInvariant() switch
        {
            "base64" => FromBase64(body),
            "quoted-printable" => FromQuotedPrintable(body.Replace("=\r\n", "", StringComparison.Ordinal)),
            _ => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(body)), // the session keeps bytes as Latin-1 characters
        };
    }

    private static string Decode(Match word) => word.Groups[2].Value is "B" or "b"
        ? FromBase64(word.Groups[3].Value)
        : FromQuotedPrintable(word.Groups[3].Value.Replace('_', ' '));

    private static string FromBase64(string text)
    {
        var buffer = new byte[text.Length];
        return Convert.TryFromBase64String(text.Replace("\r\n", "", StringComparison.Ordinal), buffer, out var length) ? Encoding.UTF8.GetString(buffer, 0, length) : text;
    }

    private static string FromQuotedPrintable(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '=' && i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
            {
                bytes.Add((byte)text[i]);
            }
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    [GeneratedRegex(@"\r\n[ \t]+")]
    private static partial Regex Folding();

    [GeneratedRegex("boundary=\"?([^\";]{1,70})\"?", RegexOptions.IgnoreCase)]
    private static partial Regex Boundary();

    [GeneratedRegex(@"=\?([^?]{1,40})\?([BbQq])\?([^?]*)\?=")]
    private static partial Regex EncodedWord();

    [GeneratedRegex(@"(?<![\w-])\d{6,10}(?=\s*?$)", RegexOptions.Multiline)]
    private static partial Regex Pin();
}
