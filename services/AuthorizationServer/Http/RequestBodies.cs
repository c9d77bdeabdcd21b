using System.Text;

namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>Reads small bodies whole, with a bound.</summary>
public static class RequestBodies
{
    /// <summary>The body, or null when it is larger than <paramref name="limit"/> bytes; nothing beyond the limit is kept.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int limit)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.ContentLength > limit)
        {
            return null;
        }

        var buffer = new byte[Math.Min(limit, request.ContentLength ?? limit) + 1];
        var length = 0;
        while (length < buffer.Length)
        {
            var read = await request.Body.ReadAsync(buffer.AsMemory(length), request.HttpContext.RequestAborted);
            if (read == 0)
            {
                return buffer.AsMemory(0, length);
            }

            length += read;
        }

        return null;
    }

    /// <summary>The parameters of a form body (<c>application/x-www-form-urlencoded</c>); null for anything else.</summary>
    public static async Task<Parameters?> ReadFormAsync(HttpRequest request, int limit)
    {
        ArgumentNullException.ThrowIfNull(request);
        return HasMediaType(request, "application/x-www-form-urlencoded")
            && await ReadAsync(request, limit) is { } body
            && !body.Span.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e)
            && Parameters.TryParse(Encoding.ASCII.GetString(body.Span), out var parameters)
                ? parameters
                : null;
    }

    /// <summary>Whether the Content-Type is exactly this media type, with or without <c>charset=utf-8</c>.</summary>
    public static bool HasMediaType(HttpRequest request, string mediaType)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Headers.ContentType.Count == 1
            && System.Net.Http.Headers.MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && string.Equals(type.MediaType, mediaType, StringComparison.OrdinalIgnoreCase)
            && (type.CharSet is null || string.Equals(type.CharSet.Trim('"'), "utf-8", StringComparison.OrdinalIgnoreCase));
    }
}
