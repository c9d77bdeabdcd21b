using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Sessions;

/// <summary>Sends a browser to the login at the team domain and remembers, in the browser, that it did.</summary>
internal sealed class LoginRedirect(RouteTableSource routes)
{
    // A page with many parts, all refused at once, must not fill the browser with cookies of logins that nobody finishes.
    private const int MaximumInFlight = 5;

    public void Send(HttpContext context, Door door, string pathAndQuery)
    {
        var login = LoginTransaction.Begin(door.Application.Id, pathAndQuery);
        foreach (var name in InFlight(context, door).Skip(MaximumInFlight - 1))
        {
            EdgeCookies.ClearLogin(context.Response, door, name);
        }

        EdgeCookies.SetLogin(context.Response, door, login);
        var team = routes.Current!.TeamOrigin;
        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.Headers.CacheControl = "no-store";

        // The team domain takes a path for one on the application's first address; from another the way back must be named in full.
        var back = door.IsPrimary ? login.PathAndQuery : door.PublicOrigin + login.PathAndQuery;
        context.Response.Headers.Location =
            $"{team}/cdn-cgi/access/login?application={door.Application.Id:D}&redirect_url={Uri.EscapeDataString(back)}&state={login.State}";
    }

    private static IEnumerable<string> InFlight(HttpContext context, Door door)
        => context.Request.Cookies.Keys.Where(name => name.StartsWith(door.LoginCookiePrefix, StringComparison.Ordinal));
}
