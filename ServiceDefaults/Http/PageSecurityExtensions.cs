using ManagedOAuth.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Security headers on our own responses.</summary>
public static class PageSecurityExtensions
{
    /// <summary>
    /// Gives every response of what follows the headers of its <see cref="PageSecurity"/>. For services that serve only
    /// their own pages; Edge, which also forwards, applies them response by response.
    /// </summary>
    public static IApplicationBuilder UsePageSecurity(this IApplicationBuilder app) =>
        app.Use((context, next) =>
        {
            context.Response.OnStarting(static state =>
            {
                var context = (HttpContext)state;
                context.PageSecurity().Apply(context.Response);
                return Task.CompletedTask;
            }, context);
            return next(context);
        });

    /// <summary>This response's security headers, to add to before it starts.</summary>
    public static PageSecurity PageSecurity(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Features.Get<PageSecurity>() is { } security)
        {
            return security;
        }

        security = new PageSecurity();
        context.Features.Set(security);
        return security;
    }
}
