using System.Globalization;
using ManagedOAuth.Token.Keys.Signing;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Token.Keys;

/// <summary>
/// <c>/cdn-cgi/access/certs</c> (RFC 7517 §5): the keys that verify assertions. Cacheable for half the time that a key is published before it signs, so
/// that no cache ever lacks the key of a signature.
/// </summary>
public static class CertsEndpoint
{
    public const string Path = "/cdn-cgi/access/certs";

    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(5);

    public static void MapCerts(this IEndpointRouteBuilder app)
    {
        app.MapMethods(Path, [HttpMethods.Get, HttpMethods.Head], Handle);
        app.MapMethods(Path, [HttpMethods.Options], static (HttpContext http) => Allow(http, StatusCodes.Status204NoContent));
    }

    private static async Task Handle(HttpContext http, SigningKeys keys, IOptions<TokenOptions> options)
    {
        if (keys.Published is not { } published)
        {
            Allow(http, StatusCodes.Status503ServiceUnavailable);
            http.Response.Headers.RetryAfter = "2";
            return;
        }

        Allow(http, StatusCodes.Status200OK);
        http.Response.Headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={(int)Math.Min(s_longest.TotalSeconds, options.Value.SigningKeyLead.TotalSeconds / 2)}");
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = published.Length;
        if (HttpMethods.IsGet(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(published, http.RequestAborted);
        }
    }

    private static void Allow(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.AccessControlAllowOrigin = "*";
        if (status == StatusCodes.Status204NoContent)
        {
            http.Response.Headers.AccessControlAllowMethods = "GET, HEAD";
        }
    }
}
