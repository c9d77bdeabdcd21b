namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>What goes wrong at an identity provider, and the way on.</summary>
public static class ProviderPages
{
    /// <summary>The provider does not answer.</summary>
    public static Page Unavailable(string provider, string again) => new(
        "Sign-in is not available right now",
        Html.Of($"""
            <p class="error" role="alert"><strong>{provider}</strong>, where you sign in, does not answer at the moment.</p>
            <p>Wait a few seconds and try again. Nothing is lost.</p>
            <p><a class="button" href="{again}">Try again</a></p>
            """),
        StatusCodes.Status503ServiceUnavailable);

    /// <summary>What the provider answered does not count.</summary>
    public static Page Refused(string provider, string explanation, string again) => new(
        "You are not signed in",
        Html.Of($"""
            <p class="error" role="alert">The sign-in with <strong>{provider}</strong> did not succeed. {explanation}</p>
            <p>If it does not work the next time either, tell the application's administrator and give them the reference below.</p>
            <p><a class="button" href="{again}">Try again</a></p>
            """),
        StatusCodes.Status403Forbidden);

    /// <summary>A service that the application's rules ask about the user gave no answer.</summary>
    public static Page NotDecided(string application, string again) => new(
        "Access cannot be decided right now",
        Html.Of($"""
            <p class="error" role="alert">A service that decides who may use <strong>{application}</strong> does not answer at the moment.</p>
            <p>You are signed in. Wait a few seconds and try again.</p>
            <p><a class="button" href="{again}">Try again</a></p>
            """),
        StatusCodes.Status503ServiceUnavailable);

    /// <summary>A try succeeded: what the provider said, for the administrator.</summary>
    public static Page Tried(string provider, string email, IReadOnlyDictionary<string, IReadOnlyList<string>> claims, bool canBeAskedAgain)
    {
        ArgumentNullException.ThrowIfNull(claims);
        return new Page($"{provider} works", Html.Of($"""
            <p>The test succeeded. Nobody was signed in by it. You can close this window.</p>
            <dl>
            <div><dt>E-mail address</dt><dd>{email}</dd></div>
            {Html.Join(claims.Select(claim => Html.Of($"""<div><dt>{claim.Key}</dt><dd>{string.Join(", ", claim.Value)}</dd></div>""")))}
            <div><dt>At refreshes</dt><dd>{(canBeAskedAgain ? "The provider is asked for the user's claims again." : "The claims of the login are used: the provider gave no refresh token.")}</dd></div>
            </dl>
            """));
    }
}
