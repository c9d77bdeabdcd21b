using ManagedOAuth.Config.Dashboard.Access;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.ServiceDefaults.RateLimits;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ManagedOAuth.Config.Dashboard.Pages.SignIn;

/// <summary><c>/sign-in</c> with an API token, while no application protects the dashboard; <c>/sign-out</c>.</summary>
public static class SignInEndpoints
{
    private static readonly RateLimit s_source = new("dashboard-sign-in", 10, TimeSpan.FromMinutes(1), 5);
    private static readonly RateLimit s_everyone = RateLimit.PerMinute("dashboard-sign-in-all", 100);

    /// <summary>The pages before anybody is signed in.</summary>
    public static void MapSignIn(this RouteGroupBuilder open)
    {
        ArgumentNullException.ThrowIfNull(open);
        open.MapGet("/sign-in", (string? back, HttpContext context, ConfigurationLog log) => AdministratorFilter.IsProtected(log.Current.Snapshot, context) ? Messages.Protected() : Page(null, back, StatusCodes.Status200OK));
        open.MapPost("/sign-in", SignInAsync);
    }

    /// <summary>For who is signed in.</summary>
    public static void MapSignOut(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        pages.MapPost("/sign-out", (HttpContext context, CancellationToken _) =>
        {
            TokenSession.SignOut(context);
            return new SeeOther("/sign-in");
        });
    }

    private static async Task<IResult> SignInAsync(HttpContext context, TokenSession sessions, ConfigurationLog log, RateLimiter limiter, CancellationToken ct)
    {
        if (!log.Loaded)
        {
            return Messages.Starting();
        }

        if (AdministratorFilter.IsProtected(log.Current.Snapshot, context))
        {
            return Messages.Protected();
        }

        var form = await context.Request.ReadFormAsync(ct);
        var back = form["back"].ToString();
        if (!(await limiter.AcquireAsync(s_source, RateLimitSubjects.Source(context) ?? "", ct)).IsAllowed || !(await limiter.AcquireAsync(s_everyone, "*", ct)).IsAllowed)
        {
            return Page("Too many attempts. Wait a minute, then try again.", back, StatusCodes.Status429TooManyRequests);
        }

        return sessions.TrySignIn(context, form["token"].ToString().Trim())
            ? new SeeOther(LocalPath(back))
            : Page("This API token is not valid: it is unknown, was removed, or has expired.", back, StatusCodes.Status401Unauthorized);
    }

    /// <summary>A path of this dashboard; anything else is the overview.</summary>
    public static string LocalPath(string? path)
        => path is { Length: > 0 and < 2000 } && path[0] == '/' && !path.StartsWith("//", StringComparison.Ordinal) && !path.Contains('\\', StringComparison.Ordinal) && !path.Any(char.IsControl) ? path : "/";

    private static RazorComponentResult<SignInPage> Page(string? error, string? back, int status) => new(new { Error = error, Back = LocalPath(back) }) { StatusCode = status };
}
