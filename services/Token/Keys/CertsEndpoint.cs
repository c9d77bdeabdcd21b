using ManagedOAuth.Token.Keys.Signing;

namespace ManagedOAuth.Token.Keys;

/// <summary>
/// <c>/cdn-cgi/access/certs</c> (RFC 7517 §5): the keys that verify assertions. Cacheable for a few minutes, which is far less than a key is
/// published before it is used.
/// </summary>
public static class CertsEndpoint
{
    public const string Path = "/cdn-cgi/access/certs";

    public static void MapCerts(this IEndpointRouteBuilder app)
    {
        app.MapMethods(Path, [HttpMethods.Get, HttpMethods.Head], Handle);
        app.MapMethods(Path, [HttpMethods.Options], static (HttpContext http) => Allow(http, StatusCodes.Status204NoContent));
    }

    private static async Task Handle(HttpContext http, SigningKeys keys)
    {
        if (keys.Published is not { } published)
        {
            Allow(http, StatusCodes.Status503ServiceUnavailable);
            http.Response.Headers.RetryAfter = "2";
            return;
        }

        Allow(http, StatusCodes.Status200OK);
        http.Response.Headers.CacheControl = "public, max-age=300";
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
