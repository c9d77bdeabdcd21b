using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Samples.OrdersApi;

/// <summary>The request as it arrived here: what a test compares with what was sent to the proxy.</summary>
/// <param name="Method">The method.</param>
/// <param name="Target">The request target byte for byte, not decoded.</param>
/// <param name="Headers">Every header with all its values.</param>
/// <param name="BodyLength">Bytes of the body, read to its end.</param>
public sealed record Received(string Method, string Target, IReadOnlyDictionary<string, string?[]> Headers, long BodyLength)
{
    /// <summary>Reads the body and describes the request; called by minimal APIs for a parameter of this type.</summary>
    public static async ValueTask<Received> BindAsync(HttpContext context)
    {
        var buffer = new byte[64 * 1024];
        long length = 0;
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;)
        {
            length += read;
        }
        return new Received(
            context.Request.Method,
            context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToArray(), StringComparer.OrdinalIgnoreCase),
            length);
    }
}
