using Microsoft.AspNetCore.Http.HttpResults;

namespace ManagedOAuth.Config.Dashboard.Pages;

/// <summary>Pages that say what is the matter and what to do about it.</summary>
public static class Messages
{
    public static IResult Starting() => Of(StatusCodes.Status503ServiceUnavailable, "Starting up", "The configuration has not been read yet. Reload this page in a few seconds.");

    public static IResult Protected() => Of(StatusCodes.Status403Forbidden, "Sign in first", "The dashboard is protected by an application of its own. Reload this page: it leads you to its sign-in.");

    public static IResult NoPermission(string email)
        => Of(StatusCodes.Status403Forbidden, "No permission here", $"{email} may sign in, but is in no group that has a permission at this dashboard. Somebody with all permissions can change that under Settings.");

    public static IResult FormRefused()
        => Of(StatusCodes.Status403Forbidden, "This form could not be accepted", "It is out of date, or it did not come from this dashboard. Go back, reload the page, and send it again. Nothing was changed.");

    public static IResult NotFound(string what) => Of(StatusCodes.Status404NotFound, "Not found", $"There is no such {what}. It may have been removed in the meantime.");

    public static IResult Refused(int status, string reason) => Of(status, status == StatusCodes.Status403Forbidden ? "Not permitted" : "Not possible right now", reason);

    /// <summary>With a way on to another page than the overview.</summary>
    public static IResult Refused(int status, string reason, string path, string link)
        => new RazorComponentResult<MessagePage>(new { Title = "Not done", Text = reason, Path = path, Link = link }) { StatusCode = status };

    private static RazorComponentResult<MessagePage> Of(int status, string title, string text) => new(new { Title = title, Text = text }) { StatusCode = status };
}
