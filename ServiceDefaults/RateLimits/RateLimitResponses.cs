using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.ServiceDefaults.RateLimits;

/// <summary>What a refused request is answered, 429 and <c>Retry-After</c> being set already.</summary>
public static class RateLimitResponses
{
    /// <summary>OAuth's error shape (RFC 6749 section 5.2). Not <c>invalid_grant</c>: SDKs throw their tokens away on that.</summary>
    public static Task OAuth(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(
            """{"error":"temporarily_unavailable","error_description":"Too many requests. Try again after the time in Retry-After."}""",
            context.RequestAborted);
    }

    /// <summary>Problem details (RFC 9457).</summary>
    public static Task Problem(HttpContext context) =>
        Results.Problem(title: "Too many requests", statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(context);

    internal static void SetRetryAfter(HttpContext context, TimeSpan after)
    {
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        var seconds = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
    }
}
