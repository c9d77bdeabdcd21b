namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>Cookies of the team domain.</summary>
/// <remarks>
/// Cookies ignore ports: where the domain has one, the name carries it. On https the name begins with <c>__Host-</c>, so no other host can set
/// it. All names contain <c>CF_</c>, by which Edge keeps them from origins that share the host (localhost).
/// </remarks>
public static class TeamCookies
{
    /// <summary>The name at this origin.</summary>
    public static string NameOf(string name, string teamOrigin)
    {
        ArgumentNullException.ThrowIfNull(teamOrigin);
        var scheme = teamOrigin.IndexOf("://", StringComparison.Ordinal) + 3;
        var port = teamOrigin.LastIndexOf(':') is var colon && colon > teamOrigin.LastIndexOf(']') && colon >= scheme ? "_" + teamOrigin[(colon + 1)..] : "";
        return (IsSecure(teamOrigin) ? "__Host-" : "") + name + port;
    }

    /// <summary>Sets it: HttpOnly, SameSite=Lax, no Domain, Secure on https.</summary>
    public static void Set(HttpContext context, string name, string teamOrigin, string value, TimeSpan life)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.Cookies.Append(NameOf(name, teamOrigin), value, Options(teamOrigin, life));
    }

    /// <summary>Removes it.</summary>
    public static void Remove(HttpContext context, string name, string teamOrigin)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.Cookies.Delete(NameOf(name, teamOrigin), Options(teamOrigin, null));
    }

    private static CookieOptions Options(string teamOrigin, TimeSpan? life) => new()
    {
        HttpOnly = true,
        IsEssential = true,
        MaxAge = life,
        Path = "/",
        SameSite = SameSiteMode.Lax,
        Secure = IsSecure(teamOrigin),
    };

    private static bool IsSecure(string teamOrigin) => teamOrigin.StartsWith("https://", StringComparison.Ordinal);
}
