using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>The organization's own page for somebody who has logged in and is not admitted; no script of it runs.</summary>
public sealed class CustomDeniedPage(CustomPage page) : IResult
{
    /// <inheritdoc />
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        httpContext.PageSecurity().AllowForeignMarkup();
        httpContext.Response.StatusCode = StatusCodes.Status403Forbidden;
        httpContext.Response.ContentType = "text/html; charset=utf-8";
        return httpContext.Response.WriteAsync(page.CustomHtml, httpContext.RequestAborted);
    }
}
