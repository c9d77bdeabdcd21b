namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>Where a login stands, for its pages.</summary>
/// <param name="Application">The application's name.</param>
/// <param name="Client">The OAuth client's name, null for a browser.</param>
/// <param name="Csrf">The anti-forgery token of the forms.</param>
/// <param name="FormRedirect">Where the forms may lead to.</param>
public sealed record LoginView(string Application, string? Client, string Csrf, string FormRedirect);

/// <summary>One of the ways to log in.</summary>
/// <param name="Name">As the administrator named it.</param>
/// <param name="Path">Where it begins.</param>
public sealed record LoginChoice(string Name, string Path);

/// <summary>The pages of a login: plain links to other identity providers; plain forms for a PIN, first <c>email</c>, then <c>pin</c>.</summary>
public static class LoginPages
{
    /// <summary>
    /// Asks how the user wants to log in. Links and no form: the policy for forms would also hold for wherever the provider redirects to.
    /// </summary>
    /// <param name="view">Where the login stands.</param>
    /// <param name="choices">The other identity providers.</param>
    /// <param name="withEmail">Whether a PIN is one of the ways.</param>
    /// <param name="error">What is wrong with the address that was given.</param>
    /// <param name="status">The HTTP status.</param>
    public static Page Choose(LoginView view, IReadOnlyList<LoginChoice> choices, bool withEmail, string? error = null, int status = StatusCodes.Status200OK)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(choices);
        var email = !withEmail ? Html.None : Html.Of($"""
            <p class="or"><span>or</span></p>
            {Error(error)}
            {EmailForm(view, focus: error is not null, error)}
            """);
        return new Page("Sign in", Html.Of($"""
            {Purpose(view)}
            <ul class="choices">
            {Html.Join(choices.Select(choice => Html.Of($"""<li><a class="button" href="{choice.Path}">Continue with {choice.Name}</a></li>""")))}
            </ul>
            {email}
            """), status, view.FormRedirect);
    }

    /// <summary>Asks for the address.</summary>
    public static Page AskEmail(LoginView view, string? error = null, int status = StatusCodes.Status200OK)
    {
        ArgumentNullException.ThrowIfNull(view);
        return new Page("Sign in", Html.Of($"""
            {Purpose(view)}
            {Error(error)}
            {EmailForm(view, focus: true, error)}
            """), status, view.FormRedirect);
    }

    /// <summary>Asks for the PIN: the same page whether a mail was sent or not.</summary>
    public static Page AskPin(LoginView view, string email, int minutes, bool mayAskAgain, string? error = null, int status = StatusCodes.Status200OK)
    {
        ArgumentNullException.ThrowIfNull(view);
        var again = mayAskAgain ? Html.Of($"""<button class="link" type="submit" name="action" value="resend">Send a new code</button>""") : Html.None;
        return new Page("Enter your code", Html.Of($"""
            {Purpose(view)}
            <p>If <strong>{email}</strong> may use this application, a code is on its way there. It is valid for {minutes} more minutes.</p>
            {Error(error)}
            <form method="post">
            <input type="hidden" name="csrf" value="{view.Csrf}">
            <label for="pin">Code from the e-mail</label>
            <input class="pin" id="pin" name="pin" type="text" inputmode="numeric" maxlength="12" autocomplete="one-time-code" required autofocus{Wrong(error)}>
            <button type="submit">Sign in</button>
            </form>
            <form class="row" method="post">
            <input type="hidden" name="csrf" value="{view.Csrf}">
            {again}
            <button class="link" type="submit" name="action" value="restart">Use another address</button>
            </form>
            """), status, view.FormRedirect);
    }

    /// <summary>The policies do not let the user in; somebody else may try.</summary>
    public static Page Denied(LoginView view, string email, string message)
    {
        ArgumentNullException.ThrowIfNull(view);
        var own = message.Length == 0 ? Html.None : Html.Of($"""<p>{message}</p>""");
        return new Page("No access", Html.Of($"""
            <p class="error" role="alert">You are signed in as <strong>{email}</strong>, and the rules of <strong>{view.Application}</strong> do not let this account in.</p>
            {own}
            <p>Sign in with another account, or ask the application's administrator for access and give them the reference below.</p>
            <form method="post">
            <input type="hidden" name="csrf" value="{view.Csrf}">
            <button type="submit" name="action" value="switch">Sign in as somebody else</button>
            </form>
            """), StatusCodes.Status403Forbidden, view.FormRedirect);
    }

    private static Html EmailForm(LoginView view, bool focus, string? error = null) => Html.Of($"""
        <form method="post">
        <input type="hidden" name="csrf" value="{view.Csrf}">
        <label for="email">E-mail address</label>
        <input id="email" name="email" type="email" maxlength="254" autocomplete="username" required{(focus ? Html.Of($" autofocus") : Html.None)}{Wrong(error)}>
        <button type="submit">Send me a code</button>
        </form>
        """);

    private static Html Purpose(LoginView view) => view.Client is { } client
        ? Html.Of($"""<p class="dim">to let <strong>{client}</strong> use <strong>{view.Application}</strong></p>""")
        : Html.Of($"""<p class="dim">to continue to <strong>{view.Application}</strong></p>""");

    private static Html Error(string? error) => error is null ? Html.None : Html.Of($"""<p class="error" role="alert" id="wrong">{error}</p>""");

    // The field that the error is about, for those who do not see that they stand together.
    private static Html Wrong(string? error) => error is null ? Html.None : Html.Of($" aria-invalid=\"true\" aria-describedby=\"wrong\"");
}
