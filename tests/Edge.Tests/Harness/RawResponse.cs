using System.Globalization;
using System.Text;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>A response as its bytes came, read without an HTTP library.</summary>
public sealed record RawResponse(int Status, string Reason, IReadOnlyList<(string Name, string Value)> Headers, string Body, bool HasContinue)
{
    public string? this[string name]
        => Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).FirstOrDefault();

    public IReadOnlyList<string> All(string name)
        => [.. Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];

    public IReadOnlyList<(string Name, string Value)> Trailers { get; init; } = [];

    /// <summary>Reads one response; null when the connection ended before a status line.</summary>
    public static async Task<RawResponse?> ReadAsync(Stream stream, bool head, CancellationToken cancellationToken)
    {
        var hasContinue = false;
        while (true)
        {
            // Something else than HTTP/1 (a frame of HTTP/2, say) is an ended conversation as well.
            if (await LineAsync(stream, cancellationToken) is not { } status || !status.StartsWith("HTTP/1", StringComparison.Ordinal))
            {
                return null;
            }

            var parts = status.Split(' ', 3);
            var code = int.Parse(parts[1], CultureInfo.InvariantCulture);
            var headers = await HeadersAsync(stream, cancellationToken);
            if (code == 100)
            {
                hasContinue = true;
                continue;
            }

            var response = new RawResponse(code, parts.Length > 2 ? parts[2] : "", headers, "", hasContinue);
            return head || code is 101 or 204 or 304 ? response : await WithBodyAsync(response, stream, cancellationToken);
        }
    }

    public static async Task<string?> LineAsync(Stream stream, CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancellationToken) == 1)
        {
            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }

        return line.Length == 0 ? null : line.ToString();
    }

    private static async Task<List<(string, string)>> HeadersAsync(Stream stream, CancellationToken cancellationToken)
    {
        var headers = new List<(string, string)>();
        while (await LineAsync(stream, cancellationToken) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add((line[..colon], line[(colon + 1)..].Trim()));
        }

        return headers;
    }

    private static async Task<RawResponse> WithBodyAsync(RawResponse response, Stream stream, CancellationToken cancellationToken)
    {
        if (response["Transfer-Encoding"] is "chunked")
        {
            var chunks = new StringBuilder();
            while (await LineAsync(stream, cancellationToken) is { } size)
            {
                var length = int.Parse(size.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (length == 0)
                {
                    return response with { Body = chunks.ToString(), Trailers = await HeadersAsync(stream, cancellationToken) };
                }

                chunks.Append(await ExactlyAsync(stream, length, cancellationToken));
                await LineAsync(stream, cancellationToken);
            }

            throw new IOException("The chunked body broke off.");
        }

        var body = response["Content-Length"] is { } text
            ? await ExactlyAsync(stream, int.Parse(text, CultureInfo.InvariantCulture), cancellationToken)
            : await RestAsync(stream, cancellationToken);
        return response with { Body = body };
    }

    private static async Task<string> ExactlyAsync(Stream stream, int length, CancellationToken cancellationToken)
    {
        var buffer = new byte[length];
        await stream.ReadExactlyAsync(buffer, cancellationToken);
        return Encoding.UTF8.GetString(buffer);
    }

    private static async Task<string> RestAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, cancellationToken);
        return Encoding.UTF8.GetString(all.ToArray());
    }
}
