using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Sessions;

/// <summary>Sets and removes the edge's cookies. They have no Domain: a cookie of one host is never sent to another.</summary>
internal static class EdgeCookies
{
    public static void SetSession(HttpResponse response, Door door, string assertion, DateTimeOffset end)
        => response.Cookies.Append(door.SessionCookie, assertion, SessionAttributes(door, end));

    public static void ClearSession(HttpResponse response, Door door)
        => response.Cookies.Append(door.SessionCookie, "", SessionAttributes(door, DateTimeOffset.UnixEpoch));

    public static void SetLogin(HttpResponse response, Door door, LoginTransaction login)
    {
        var attributes = LoginAttributes(door);
        attributes.MaxAge = LoginTransaction.Lifetime;
        response.Cookies.Append(login.CookieName(door), login.CookieValue, attributes);
    }

    public static void ClearLogin(HttpResponse response, Door door, string name)
    {
        var attributes = LoginAttributes(door);
        attributes.Expires = DateTimeOffset.UnixEpoch;
        response.Cookies.Append(name, "", attributes);
    }

    private static CookieOptions SessionAttributes(Door door, DateTimeOffset end)
    {
        var record = door.Application.Record;
        var sameSite = record.SameSiteCookieAttribute?.ToLowerInvariant() switch
        {
            "strict" => SameSiteMode.Strict,

            // Browsers drop a SameSite=None cookie that is not Secure.
            "none" when door.IsHttps => SameSiteMode.None,
            _ => SameSiteMode.Lax,
        };
        return new CookieOptions
        {
            HttpOnly = record.HttpOnlyCookieAttribute,
            Secure = door.IsHttps,
            SameSite = sameSite,
            Path = record.PathCookieAttribute && door.Scope.Length > 0 ? door.Scope : "/",
            Expires = end,
            IsEssential = true,
        };
    }

    // Lax: the way back from the team domain is a top-level navigation of another site.
    private static CookieOptions LoginAttributes(Door door) => new()
    {
        HttpOnly = true,
        Secure = door.IsHttps,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        IsEssential = true,
    };
}
