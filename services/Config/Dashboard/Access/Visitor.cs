using System.Buffers.Text;
using System.Security.Cryptography;

namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>
/// A browser in which nobody has signed in: a random cookie, so that the sign-in form of one browser is worth nothing in another. Otherwise
/// somebody could fetch the form and have a stranger's browser send it, which would be signed in as they.
/// </summary>
public static class Visitor
{
    private const string Cookie = "Visitor";
    private const int Length = 32;
    private static readonly TimeSpan s_lifetime = TimeSpan.FromHours(12);

    /// <summary>A name for the browser that no administrator has; the cookie is set when there is none.</summary>
    public static string Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var name = DashboardCookies.Name(context, Cookie);
        if (context.Request.Cookies[name] is { Length: > Length and < 100 } known && Base64Url.IsValid(known))
        {
            return "visitor:" + known;
        }

        var made = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Length));
        context.Response.Cookies.Append(name, made, DashboardCookies.Attributes(context, s_lifetime));
        return "visitor:" + made;
    }
}
