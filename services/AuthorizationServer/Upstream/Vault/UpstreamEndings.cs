using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.ServiceDefaults.Snapshots;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>Removes logins at MCP servers: forgotten here at once, then revoked at the authorization server where it takes that (RFC 7009).</summary>
public sealed class UpstreamEndings(UpstreamLoginReader reader, UpstreamLogins logins, SealedTokens seal, UpstreamClients clients, UpstreamTokens tokens, IConfigurationSnapshots snapshots, TimeProvider clock)
{
    private const int Batch = 100;

    // A snapshot that is older does not know servers that people log in at by now; and clocks differ.
    private static readonly TimeSpan s_current = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_settled = TimeSpan.FromMinutes(10);

    /// <summary>Removes one login; nothing happens if there is none.</summary>
    public async Task ForgetAsync(Guid server, Guid user, string reason, string actor) => await ForgetAsync(UpstreamLogin.IdOf(server, user), reason, actor);

    /// <summary>Removes all logins of a user; returns how many there were.</summary>
    public async Task<int> ForgetUserAsync(Guid user, string reason, string actor, CancellationToken cancellation)
    {
        var forgotten = 0;
        for (var some = await reader.OfUserAsync(user, Batch, cancellation); some.Count > 0; some = await reader.OfUserAsync(user, Batch, cancellation))
        {
            await Task.WhenAll(some.Select(id => ForgetAsync(id, reason, actor)));
            forgotten += some.Count;
        }

        return forgotten;
    }

    /// <summary>Removes logins at servers that are no longer configured; returns how many. Those of the last ten minutes wait for the next time.</summary>
    public async Task<int> ForgetRemovedServersAsync(int limit, CancellationToken cancellation)
    {
        // Without the present configuration a server that was added since would look removed.
        if (!snapshots.IsLoaded || snapshots.Staleness > s_current)
        {
            return 0;
        }

        var gone = await reader.ElsewhereAsync(snapshots.Current.McpServers.Keys, clock.GetUtcNow() - s_settled, limit, cancellation);
        foreach (var id in gone)
        {
            await ForgetAsync(id, "server_removed", "system:upstream");
        }

        return gone.Count;
    }

    private async Task ForgetAsync(Guid id, string reason, string actor)
    {
        if (await logins.ForgetAsync(id, reason, actor) is not { RevocationEndpoint: { } endpoint } login || seal.Open(login) is not { } secrets)
        {
            return;
        }

        var server = snapshots.Current.McpServers.GetValueOrDefault(login.ServerId);
        if (server is not null && !UpstreamClient.MayRevoke(server))
        {
            return;
        }

        var secret = await clients.SecretOfAsync(login.Client, server, login.Issuer, login.TokenEndpoint, CancellationToken.None);
        await tokens.RevokeAllAsync(endpoint, login.Client, secret, secrets.AccessToken, secrets.RefreshToken);
    }
}
