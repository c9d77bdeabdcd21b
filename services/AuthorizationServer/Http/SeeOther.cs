namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>303: whatever the request was, the browser goes on with a GET and takes no form along (RFC 9700 §4.12).</summary>
/// <param name="location">An own path, a proven redirect URI, or an application's origin; ASCII.</param>
public sealed class SeeOther(string location) : IResult
{
    /// <summary>Where the browser goes.</summary>
    public string Location { get; } = location;

    /// <inheritdoc />
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.CacheControl = "no-store";
        httpContext.Response.Headers.Location = Location;
        return Task.CompletedTask;
    }
}
