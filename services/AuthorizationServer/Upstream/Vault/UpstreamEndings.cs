using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.ServiceDefaults.Snapshots;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>Removes logins at MCP servers: forgotten here at once, then revoked at the authorization server where it takes that (RFC 7009).</summary>
public sealed class UpstreamEndings(UpstreamLogins logins, UpstreamClients clients, UpstreamTokens tokens, IConfigurationSnapshots snapshots)
{
    /// <summary>Removes one login; nothing happens if there is none.</summary>
    public async Task ForgetAsync(Guid server, Guid user, string reason, string actor) => await ForgetAsync(UpstreamLogin.IdOf(server, user), reason, actor);

    /// <summary>Removes all logins of a user; returns how many there were.</summary>
    public async Task<int> ForgetUserAsync(Guid user, string reason, string actor, CancellationToken cancellation)
    {
        var all = await logins.OfUserAsync(user, cancellation);
        await Task.WhenAll(all.Select(id => ForgetAsync(id, reason, actor)));
        return all.Count;
    }

    /// <summary>Removes logins at servers that are no longer configured; returns how many.</summary>
    public async Task<int> ForgetRemovedServersAsync(int limit, CancellationToken cancellation)
    {
        // Without a configuration every server would look removed.
        if (!snapshots.IsLoaded)
        {
            return 0;
        }

        var gone = await logins.ElsewhereAsync(snapshots.Current.McpServers.Keys, limit, cancellation);
        foreach (var id in gone)
        {
            await ForgetAsync(id, "server_removed", "system:upstream");
        }

        return gone.Count;
    }

    private async Task ForgetAsync(Guid id, string reason, string actor)
    {
        if (await logins.ForgetAsync(id, reason, actor) is not { RevocationEndpoint: { } endpoint } login || logins.Open(login) is not { } secrets)
        {
            return;
        }

        var server = snapshots.Current.McpServers.GetValueOrDefault(login.ServerId);
        var secret = await clients.SecretOfAsync(login.Client, server, login.Issuer, login.TokenEndpoint, CancellationToken.None);

        // A refresh token takes its access tokens along (RFC 7009 §2.1), though not everywhere.
        if (secrets.RefreshToken is { } refreshToken)
        {
            await tokens.RevokeAsync(endpoint, login.Client, secret, refreshToken, "refresh_token", CancellationToken.None);
        }

        await tokens.RevokeAsync(endpoint, login.Client, secret, secrets.AccessToken, "access_token", CancellationToken.None);
    }
}
