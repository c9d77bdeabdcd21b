using ManagedOAuth.Config.Dashboard.Access;
using ManagedOAuth.Config.Dashboard.Pages.SignIn;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages;

/// <summary><c>POST /theme</c>: light, dark, or as the system is set; kept in this browser for a year.</summary>
public static class ThemeEndpoint
{
    public static void MapTheme(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        pages.MapPost("/theme", async (HttpContext context, CancellationToken ct) =>
        {
            var form = await context.Request.ReadFormAsync(ct);
            var theme = form["theme"].ToString() is "light" or "dark" ? form["theme"].ToString() : "";
            var attributes = DashboardCookies.Attributes(context, theme.Length == 0 ? TimeSpan.Zero : TimeSpan.FromDays(365));
            context.Response.Cookies.Append(DashboardCookies.Name(context, PageContext.ThemeCookie), theme, attributes);
            return new SeeOther(SignInEndpoints.LocalPath(form["back"].ToString()));
        });
    }
}
