namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>
/// Names and attributes of the dashboard's cookies. They begin with <c>CF_</c>, which the edge keeps from every origin, and carry the port, because
/// cookies ignore ports.
/// </summary>
public static class DashboardCookies
{
    /// <summary>The name of a cookie at this request's address.</summary>
    public static string Name(HttpContext context, string name)
    {
        ArgumentNullException.ThrowIfNull(context);
        var origin = new Uri(context.GetEdgeRequest().PublicOrigin);
        var full = origin.IsDefaultPort ? $"CF_{name}" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"CF_{name}_{origin.Port}");
        return IsHttps(context) ? "__Host-" + full : full;
    }

    /// <summary>Only our own pages send it, no script reads it.</summary>
    public static CookieOptions Attributes(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        Secure = IsHttps(context),
        SameSite = SameSiteMode.Strict,
        Path = "/",
        MaxAge = lifetime,
        IsEssential = true,
    };

    public static bool IsHttps(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.GetEdgeRequest().PublicOrigin.StartsWith("https:", StringComparison.Ordinal);
    }
}
