using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>What every page has: security headers, no caching, light or dark, and what the last page did.</summary>
public sealed class PageFilter(Flashes flashes) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var http = context.HttpContext;
        if (http.GetEndpoint()?.Metadata.GetMetadata<ForeignMarkup>() is null)
        {
            http.PageSecurity().AllowForms().AllowOwnStyles().AllowOwnScripts().AllowImages();
        }
        else
        {
            http.PageSecurity().AllowForeignMarkup();
        }

        http.Response.OnStarting(
            static state =>
            {
                var started = (HttpContext)state;
                started.PageSecurity().Apply(started.Response);
                return Task.CompletedTask;
            },
            http);

        var page = http.RequestServices.GetRequiredService<PageContext>();
        page.Path = http.Request.Path.Value ?? "/";
        page.Theme = http.Request.Cookies[DashboardCookies.Name(http, PageContext.ThemeCookie)] is ("light" or "dark") and { } theme ? theme : null;
        page.Flash = flashes.Take(http);
        return next(context);
    }
}
