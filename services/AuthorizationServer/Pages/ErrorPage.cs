namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>Pages that tell what went wrong and what to do about it. Nothing on them comes from the request.</summary>
public static class ErrorPage
{
    /// <summary>An error with its cure.</summary>
    public static Page Of(int status, string title, string what, string cure, string? formRedirect = null)
        => new(title, Html.Of($"""<p class="error" role="alert">{what}</p><p>{cure}</p>"""), status, formRedirect);

    /// <summary>The transaction is not there: it expired, ended, or the store lost it.</summary>
    public static Page TransactionGone()
        => Of(StatusCodes.Status400BadRequest, "This sign-in has ended", "It has expired, or it was finished already.", "Go back to the application and start again.");

    /// <summary>Another browser opened the transaction.</summary>
    public static Page OtherBrowser()
        => Of(StatusCodes.Status400BadRequest, "This sign-in belongs to another browser", "It was started in another browser, or this one did not keep its cookie.", "Allow cookies for this site, go back to the application and start again in this browser.");

    /// <summary>The form was not made by us for this browser and transaction.</summary>
    public static Page Forged(string backTo)
        => new(
            "Please try that again",
            Html.Of($"""<p class="error" role="alert">This form could not be accepted: it is out of date, or it did not come from this page.</p><p><a href="{backTo}">Open the page again</a></p>"""),
            StatusCodes.Status403Forbidden);

    /// <summary>What we depend on is away.</summary>
    public static Page Unavailable()
        => Of(StatusCodes.Status503ServiceUnavailable, "Not available right now", "Signing in does not work at the moment.", "Wait a few seconds, then reload this page. If that does not help, go back to the application and start again.");

    /// <summary>The configuration has not come yet, or nobody has set up the organization.</summary>
    public static Page NotReady()
        => Of(StatusCodes.Status503ServiceUnavailable, "Starting up", "This service has no configuration yet.", "Wait a few seconds, then reload this page.");

    /// <summary>No page of ours.</summary>
    public static Page NotFound()
        => Of(StatusCodes.Status404NotFound, "Nothing here", "There is no such page.", "Open the application that you want to use: it leads you here when you need to sign in.");

    /// <summary>The application does not exist any more, or cannot be used this way.</summary>
    public static Page NoApplication()
        => Of(StatusCodes.Status400BadRequest, "Unknown application", "The application that you came from is not known here.", "Open the application again. If this page comes back, tell its administrator.");

    /// <summary>The application has no identity provider that can be used.</summary>
    public static Page NoProvider()
        => Of(StatusCodes.Status403Forbidden, "No way to sign in", "No sign-in method is set up that this application accepts.", "Tell the application's administrator: an identity provider has to be added, or allowed for this application.");
}
