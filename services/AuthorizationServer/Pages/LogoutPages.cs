using ManagedOAuth.AuthorizationServer.Http;

namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>The pages of signing out.</summary>
public static class LogoutPages
{
    /// <summary>Asks, so that a link on another site signs nobody out.</summary>
    public static Page Ask(string email, string csrf) => new("Sign out?", Html.Of($"""
        <p>You are signed in as <strong>{email}</strong>.</p>
        <p class="dim">Signing out here ends silent sign-on in this browser. Applications that are open now, and clients that you allowed, go on until their own sessions end; <a href="{Paths.MyAccess}">see and end them</a>.</p>
        <form method="post">
        <input type="hidden" name="csrf" value="{csrf}">
        <button type="submit">Sign out</button>
        </form>
        """));

    /// <summary>Nobody is signed on.</summary>
    /// <param name="provider">Where the user had signed in, if they can sign out there too.</param>
    /// <param name="endSessionUrl">Where they do that.</param>
    public static Page Done(string? provider = null, string? endSessionUrl = null) => new("You are signed out", Html.Of($"""
        <p>You can close this window. The next application that you open asks you to sign in again.</p>
        {(endSessionUrl is null ? Html.None : Html.Of($"""<p>You may still be signed in at <strong>{provider}</strong>, so that signing in again asks you nothing. On a shared computer sign out there too.</p><p><a class="button" href="{endSessionUrl}">Sign out of {provider}</a></p>"""))}
        """));
}
