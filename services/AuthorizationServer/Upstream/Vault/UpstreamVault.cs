using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>
/// The tokens that MCP servers are shown: refreshed ahead of their end, in the background while the present one is good, and waited for when
/// it is not.
/// </summary>
public sealed class UpstreamVault(UpstreamLoginReader reader, UpstreamLogins logins, SealedTokens seal, UpstreamRefresher refresher, TimeProvider clock)
{
    // A request that begins now has to arrive before the end.
    private static readonly TimeSpan s_tooLate = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_ahead = TimeSpan.FromMinutes(2);

    // A token that was made a moment ago and is refused all the same: the next one would be refused too, or this one is not known everywhere yet.
    private static readonly TimeSpan s_betweenRefusals = TimeSpan.FromMinutes(1);

    // Often enough for what is counted in days, and no write for each call.
    private static readonly TimeSpan s_betweenUses = TimeSpan.FromDays(1);

    /// <summary>The login with tokens that are good now. Null: nobody has logged in; one that is stale says why.</summary>
    /// <param name="server">The server that asks for a login.</param>
    /// <param name="user">Whose; <see cref="Guid.Empty"/> = the shared one.</param>
    /// <param name="refused">The credential that the server has just refused; empty = none.</param>
    /// <param name="cancellation">Stops waiting; a refresh goes on for the others.</param>
    /// <param name="isReading">It was refused for a reading of the whole server, and not for the call of some user.</param>
    /// <exception cref="OutboundUnavailableException">It has ended, and the authorization server does not answer.</exception>
    public async Task<UpstreamLogin?> GetAsync(McpServer server, Guid user, string refused, CancellationToken cancellation, bool isReading = false)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (await reader.FindAsync(server.Id, user, cancellation) is not { } login || !IsFor(login, server))
        {
            return null;
        }

        if (login.Stale is not null)
        {
            return login;
        }

        var now = clock.GetUtcNow();
        if (now - (login.UsedAt ?? login.ConnectedAt) > s_betweenUses)
        {
            await logins.UsedAsync(login.Id);
        }

        if (refused.Length > 0 && refused == login.CredentialId && !(login.ExpiresAt - now <= s_tooLate))
        {
            return IsReplaced(login, now, isReading) ? await refresher.RefreshAsync(login, server, cancellation) : login;
        }

        if (login.ExpiresAt is not { } end)
        {
            return login;
        }

        if (end - now > s_tooLate && end - now > AheadOf(login, end))
        {
            return login;
        }

        // What cannot be renewed is good to its end, and over then.
        var isRenewable = seal.Open(login)?.RefreshToken is not null;
        if (isRenewable ? end - now <= s_tooLate : end <= now)
        {
            return await refresher.RefreshAsync(login, server, cancellation);
        }

        if (isRenewable)
        {
            refresher.Begin(login, server);
        }

        return login;
    }

    /// <summary>Whether a login is still for this server: at the address that it was made for, as the client that it was made with and at its authorization server.</summary>
    public static bool IsFor(UpstreamLogin login, McpServer server)
    {
        ArgumentNullException.ThrowIfNull(login);
        ArgumentNullException.ThrowIfNull(server);
        return login.ServerUrl == server.Hostname && login.Client.IsOf(server, login.Issuer, login.TokenEndpoint);
    }

    // A server may refuse one call of one caller (a tool that wants more than was granted). Whether a login is over is its authorization server's to say; where that
    // cannot be asked, only its own user is sent to log in again; and an administrator, where the server refuses to be read with what everybody shares.
    private bool IsReplaced(UpstreamLogin login, DateTimeOffset now, bool isReading)
        => (login.RefreshedAt <= login.ConnectedAt || login.RefreshedAt + s_betweenRefusals <= now)
            && (isReading || login.UserId != Guid.Empty || seal.Open(login)?.RefreshToken is not null);

    // A tenth of its life, so that a token of a minute is not refreshed at every call.
    private static TimeSpan AheadOf(UpstreamLogin login, DateTimeOffset end)
    {
        var tenth = (end - login.RefreshedAt) / 10;
        return tenth < s_ahead ? tenth : s_ahead;
    }
}
