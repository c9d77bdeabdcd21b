namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>The steps of connecting an MCP server, and what can be in the way.</summary>
public static class ConnectPages
{
    /// <summary>On the way to the server's authorization server.</summary>
    public static Page Continue(string server, string url) => new($"Connect {server}", Html.Of($"""
        <p>You go on to <strong>{new Uri(url).Authority}</strong>, where you sign in for <strong>{server}</strong> and say what may be done in your name.</p>
        <p><a class="button" href="{url}">Continue</a></p>
        """));

    /// <summary>Asks an administrator before their account becomes everybody's.</summary>
    public static Page AskShared(string server, string csrf) => new($"Connect {server}", Html.Of($"""
        <p>The account that you sign in with next is used <strong>by everybody</strong> who reaches {server} through a portal without an account of their own.</p>
        <form method="post">
        <input type="hidden" name="csrf" value="{csrf}">
        <button type="submit">Connect {server}</button>
        </form>
        """));

    /// <summary>The administrator's login is there.</summary>
    public static Page SharedDone(string server, string back) => new($"{server} is connected", Html.Of($"""
        <p class="done" role="status">The account is used for everybody from now on.</p>
        {Back(back, "Back to the dashboard")}
        """));

    /// <summary>The answer cannot be accepted, or the server cannot be connected at all.</summary>
    public static Page NotConnected(string server, string explanation, string back) => new(
        $"{server} is not connected",
        Html.Of($"""
            <p class="error" role="alert">{explanation}</p>
            <p>If it does not work the next time either, tell the portal's administrator and give them the reference below.</p>
            {Back(back, "Back")}
            """),
        StatusCodes.Status403Forbidden);

    /// <summary>Somebody on the way does not answer.</summary>
    public static Page Unavailable(string server, string back) => new(
        $"{server} cannot be connected right now",
        Html.Of($"""
            <p class="error" role="alert">The server, or where one signs in for it, does not answer at the moment.</p>
            <p>Wait a few seconds and try again. Your other servers go on.</p>
            {Back(back, "Back")}
            """),
        StatusCodes.Status503ServiceUnavailable);

    /// <summary>Nothing is known of this login any more.</summary>
    public static Page Gone(string? back) => new(
        "This connection attempt has ended",
        Html.Of($"""
            <p class="error" role="alert">It has expired, or it was finished already.</p>
            {(back is null ? Html.Of($"""<p>Go back to where you came from and start again.</p>""") : Back(back, "See your servers"))}
            """),
        StatusCodes.Status400BadRequest);

    /// <summary>It was begun by somebody else, in another browser, or for something else.</summary>
    public static Page Foreign(string? back) => new(
        "This connection attempt is not yours",
        Html.Of($"""
            <p class="error" role="alert">It was started by another user, in another browser, or for another server. Nothing was connected.</p>
            {(back is null ? Html.Of($"""<p>Start again in this browser.</p>""") : Back(back, "See your servers"))}
            """),
        StatusCodes.Status403Forbidden);

    /// <summary>A link that was made for somebody else.</summary>
    public static Page OtherUser(string email) => new(
        "This link is for somebody else",
        Html.Of($"""
            <p class="error" role="alert">You are signed in as {email}, and this link was made for another user. Nothing was connected.</p>
            <p>Open the link in the browser in which you use the client that gave it to you.</p>
            """),
        StatusCodes.Status403Forbidden);

    private static Html Back(string address, string text) => address.Length == 0 ? Html.None : Html.Of($"""<p><a class="button" href="{address}">{text}</a></p>""");
}
