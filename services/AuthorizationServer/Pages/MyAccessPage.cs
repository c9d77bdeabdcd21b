using System.Globalization;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.MyAccess;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>The page of a user's own access.</summary>
public static class MyAccessPage
{
    /// <summary>The user's live grants, each with a button that ends it.</summary>
    public static Page Of(string email, IReadOnlyList<OwnGrant> grants, ConfigurationSnapshot snapshot, string csrf)
    {
        ArgumentNullException.ThrowIfNull(grants);
        return new Page("Your access", Html.Of($"""
            <p class="dim">Signed in as <strong>{email}</strong>.</p>
            {(grants.Count == 0 ? Html.Of($"""<p>No client and no browser has access in your name. When you let a client use an application, it appears here.</p>""") : Html.None)}
            <ul class="access">
            {Html.Join(grants.Select(grant => Entry(grant, snapshot, csrf)))}
            </ul>
            <form method="post">
            <input type="hidden" name="csrf" value="{csrf}">
            <button class="plain" type="submit" name="action" value="everywhere">Sign out everywhere</button>
            </form>
            <p class="dim small spaced">Ends everything above and your sign-in in all browsers. Times are UTC.</p>
            """)) { Wide = true };
    }

    /// <summary>Nobody is signed in at the team domain in this browser.</summary>
    public static Page NotSignedIn()
        => new("Your access", Html.Of($"""<p>You are not signed in here. Open one of your applications and sign in, then come back to this page.</p>"""), StatusCodes.Status401Unauthorized);

    /// <summary>All is over.</summary>
    public static Page SignedOutEverywhere(int ended)
        => new("You are signed out everywhere", Html.Of($"""<p>Everything that had access in your name has ended ({ended} in all), and no browser is signed in any more.</p>"""));

    private static Html Entry(OwnGrant grant, ConfigurationSnapshot snapshot, string csrf)
    {
        var application = snapshot.Applications.GetValueOrDefault(grant.ApplicationId)?.Name ?? "A removed application";
        var client = grant.Client.Length == 0 ? "Browser" : DisplayText.Clean(grant.Client, 100);
        return Html.Of($"""
            <li>
            <div><strong>{client}</strong> at {application}<br>
            <span class="dim small">since {Date(grant.IssuedAt)} · {(grant.LastUsedAt is { } used ? $"last used {Date(used)}" : "not used yet")} · until {Date(grant.ExpiresAt)}</span></div>
            <form method="post">
            <input type="hidden" name="csrf" value="{csrf}">
            <button class="plain" type="submit" name="end" value="{grant.Id.ToString("D")}" aria-label="End the access of {client} at {application}">End</button>
            </form>
            </li>
            """);
    }

    private static string Date(DateTimeOffset at) => at.UtcDateTime.ToString("d MMM yyyy HH:mm", CultureInfo.InvariantCulture);
}
