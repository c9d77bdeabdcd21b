using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>
/// Asks the user whether a client may act for them. A client's name is what it calls itself, so the page says so and shows in full where the
/// answer goes (RFC 9700 §4.1, MCP security best practices).
/// </summary>
public static class ConsentPage
{
    /// <summary>The page; its form posts <c>action=approve</c>, <c>deny</c> or <c>switch</c>.</summary>
    /// <param name="application">The application's name.</param>
    /// <param name="request">The stored request: nothing on the page comes from anywhere else.</param>
    /// <param name="email">Who is asked.</param>
    /// <param name="duration">How long the client may act, readable.</param>
    /// <param name="csrf">The anti-forgery token, which holds for this user and transaction.</param>
    public static Page Of(string application, AuthorizationEnd request, string email, string duration, string csrf)
    {
        ArgumentNullException.ThrowIfNull(request);
        var client = request.ClientName ?? "An application without a name";
        return new Page("Allow access?", Html.Of($"""
            <p><strong>{client}</strong> <span class="tag">name not verified</span> wants to use <strong>{application}</strong> as you.</p>
            {Warning(request.RedirectUri)}
            <dl>
            <div><dt>You</dt><dd>{email}</dd></div>
            <div><dt>Application</dt><dd>{application}<br><code>{(request.Resource.Length == 0 ? request.Issuer : request.Resource)}</code></dd></div>
            <div><dt>The answer is sent to</dt><dd><strong>{RedirectUriFormat.DisplayHost(request.RedirectUri)}</strong><br><code>{request.RedirectUri}</code></dd></div>
            {Scope(request.Scope)}
            <div><dt>For how long</dt><dd>{duration}, or until you or an administrator end it</dd></div>
            </dl>
            <form method="post">
            <input type="hidden" name="csrf" value="{csrf}">
            <div class="pair"><button type="submit" name="action" value="approve">Allow</button>
            <button class="plain" type="submit" name="action" value="deny">Do not allow</button></div>
            <div class="row"><button class="link" type="submit" name="action" value="switch">Sign in as somebody else</button></div>
            </form>
            """), StatusCodes.Status200OK, request.RedirectUri);
    }

    private static Html Warning(string redirectUri)
    {
        var host = PublicOrigin.HostOf(RedirectUriFormat.DisplayHost(redirectUri));
        return PublicOrigin.IsLoopback(host)
            ? Html.Of($"""<p class="note">The answer goes to a program on the computer in front of you. Allow this only if you started it yourself just now.</p>""")
            : Html.Of($"""<p class="note">Allow this only if you know the client and the address below is its own.</p>""");
    }

    private static Html Scope(string scope) => scope.Length == 0
        ? Html.Of($"""<div><dt>What it may do</dt><dd>Everything that you may do there</dd></div>""")
        : Html.Of($"""<div><dt>What it may do</dt><dd>Everything that you may do there; it asked for the scope <code>{scope}</code></dd></div>""");
}
