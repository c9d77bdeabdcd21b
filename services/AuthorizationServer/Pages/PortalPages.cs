using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Portals;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.AuthorizationServer.Pages;

/// <summary>The pages of a portal.</summary>
public static class PortalPages
{
    private static readonly Html s_copy = Html.Of($$"""
        for (const button of document.querySelectorAll('button[data-copy]')) {
          button.hidden = false;
          button.addEventListener('click', async () => {
            await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
            button.textContent = 'Copied';
          });
        }
        """);

    /// <summary>The home: address, how to use it, the user's servers, the way out.</summary>
    public static Page Home(PortalScope portal, IReadOnlyDictionary<Guid, UpstreamLogin> logins, string csrf)
    {
        ArgumentNullException.ThrowIfNull(portal);
        return new Page(
            portal.Portal.Name,
            Html.Of($"""
                {(portal.Portal.Description.Length == 0 ? Html.None : Html.Of($"""<p>{portal.Portal.Description}</p>"""))}
                <p class="dim">Signed in as <strong>{portal.User.Email}</strong>.</p>
                <h2>Address for MCP clients</h2>
                <div class="endpoint"><code id="endpoint">{portal.Endpoint}</code><button class="plain" type="button" data-copy="endpoint" hidden>Copy</button></div>
                <h2>Your servers</h2>
                {List(portal, logins, csrf)}
                <h2>Set up a client</h2>
                {ClientInstructions.For(portal.Portal, portal.Endpoint)}
                <h2>Sign out</h2>
                <p class="small dim">Ends the access of every client that you allowed here, forgets your accounts at the servers above, and signs you out in this browser.</p>
                <form method="post" action="{Paths.PortalHome}">
                <input type="hidden" name="csrf" value="{csrf}">
                <button class="plain" type="submit" name="action" value="sign-out">Sign out</button>
                </form>
                """),
            FormRedirect: portal.TeamOrigin) { Wide = true, Script = s_copy };
    }

    /// <summary>What there is to connect.</summary>
    /// <param name="connected">The server that was connected just now.</param>
    public static Page Servers(PortalScope portal, IReadOnlyDictionary<Guid, UpstreamLogin> logins, string csrf, string? connected)
    {
        ArgumentNullException.ThrowIfNull(portal);
        var missing = portal.OwnLogins.Count(server => StateOf(server.Record, logins) != State.Connected);
        return new Page(
            portal.Servers.Count == 0 ? "No servers" : missing == 0 ? "Done" : "Connect your servers",
            Html.Of($"""
                {(connected is null ? Html.None : Html.Of($"""<p class="done" role="status">{connected} is connected.</p>"""))}
                <p>{Explanation(portal, missing)}</p>
                {(portal.Servers.Count == 0 ? Html.None : List(portal, logins, csrf))}
                <p class="small"><a href="{Paths.PortalHome}">About {portal.Portal.Name}</a></p>
                """)) { Wide = true };
    }

    private static string Explanation(PortalScope portal, int missing)
        => portal.Servers.Count == 0 ? "No servers are available to you here. If you expected some, ask the portal's administrator: the policies of a server decide who sees it."
            : missing == 0 ? "Everything that you may use here is connected. Go back to your client; you can close this page."
            : "These servers want you to sign in with an account of your own. Connect those that you want to use, then go back to your client.";

    private static Html List(PortalScope portal, IReadOnlyDictionary<Guid, UpstreamLogin> logins, string csrf)
        => portal.Servers.Count == 0
            ? Html.Of($"""<p class="dim">No servers are available to you here.</p>""")
            : Html.Of($"""<ul class="access">{Html.Join(portal.Servers.Select(server => Entry(server, logins, csrf)))}</ul>""");

    private static Html Entry(PortalServer server, IReadOnlyDictionary<Guid, UpstreamLogin> logins, string csrf)
    {
        var name = server.Record.Name;
        if (!server.PerUser)
        {
            // Whether an administrator's login still holds is not known here: no promise is made.
            var (kind, state, how) = server.Record.AuthType switch
            {
                McpAuthType.Unauthenticated => ("good", "Ready", "asks for no sign-in"),
                McpAuthType.Bearer => ("good", "Ready", "is connected for everybody"),
                _ => ("info", "Shared", "one login for everybody, which an administrator keeps"),
            };
            return Html.Of($"""<li><div><strong>{name}</strong> <span class="tag {kind}">{state}</span><br><span class="dim small">{how}</span></div></li>""");
        }

        var login = logins.GetValueOrDefault(server.Record.Id);
        return StateOf(server.Record, logins) switch
        {
            State.Connected => Html.Of($"""
                <li><div><strong>{name}</strong> <span class="tag good">Connected</span><br><span class="dim small">{(login!.Account.Length > 0 ? "as " + login.Account : "with your account")}</span></div>
                {Form(server, csrf, "disconnect", "Disconnect", "plain")}</li>
                """),
            State.Narrow => Html.Of($"""
                <li><div><strong>{name}</strong> <span class="tag warn">Asks for more</span><br><span class="small">Something that you wanted to do there needs more than you allowed: {UpstreamScopes.Lacking(login!)}</span></div>
                {Form(server, csrf, "connect", "Allow", "")}{Form(server, csrf, "disconnect", "Disconnect", "plain")}</li>
                """),
            State.Stale => Html.Of($"""
                <li><div><strong>{name}</strong> <span class="tag bad">Sign in again</span><br><span class="small">{login!.Stale}</span></div>
                {Form(server, csrf, "connect", "Connect", "")}</li>
                """),
            _ => Html.Of($"""
                <li><div><strong>{name}</strong> <span class="tag warn">Not connected</span><br><span class="dim small">{server.Record.Description}</span></div>
                {Form(server, csrf, "connect", "Connect", "")}</li>
                """),
        };
    }

    private static Html Form(PortalServer server, string csrf, string action, string text, string style) => Html.Of($"""
        <form method="post">
        <input type="hidden" name="csrf" value="{csrf}">
        <input type="hidden" name="server" value="{server.ServerId}">
        <button class="{style}" type="submit" name="action" value="{action}" aria-label="{text} {server.Record.Name}">{text}</button>
        </form>
        """);

    private static State StateOf(McpServer server, IReadOnlyDictionary<Guid, UpstreamLogin> logins)
        => logins.GetValueOrDefault(server.Id) is not { } login || !UpstreamVault.IsFor(login, server) ? State.NotConnected
            : login.Stale is not null ? State.Stale
            : UpstreamScopes.Lacking(login).Length > 0 ? State.Narrow
            : State.Connected;

    private enum State
    {
        NotConnected,
        Connected,
        Stale,

        // Connected, but not for everything.
        Narrow,
    }
}
