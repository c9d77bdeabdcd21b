using System.Collections.Concurrent;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>
/// Refreshes: one request however many wait, over all replicas, because a refresh token that is used twice looks stolen. It goes on when
/// those who wait give up: its answer may hold the only copy of the next refresh token.
/// </summary>
public sealed partial class UpstreamRefresher(UpstreamLogins logins, UpstreamTurns turns, SealedTokens seal, UpstreamClients clients, UpstreamTokens tokens, TimeProvider clock, ILogger<UpstreamRefresher> logger)
{
    private const int MostFailures = 10_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_afterFailure = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(Guid Login, string Credential), Lazy<Task<UpstreamLogin?>>> _running = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _failures = new();

    /// <summary>The login with other tokens; stale when it is over; null when it was removed.</summary>
    /// <exception cref="OutboundUnavailableException">The authorization server does not answer.</exception>
    public Task<UpstreamLogin?> RefreshAsync(UpstreamLogin login, McpServer server, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(login);
        if (_failures.TryGetValue(login.Id, out var failed) && clock.GetUtcNow() - failed < s_afterFailure)
        {
            return Task.FromException<UpstreamLogin?>(new UpstreamNotRefreshedException($"{login.Issuer} refused this login a refresh, or did not answer, a moment ago"));
        }

        var key = (login.Id, login.CredentialId);
        var running = _running.GetOrAdd(key, _ => new Lazy<Task<UpstreamLogin?>>(() => Task.Run(() => RunAndForgetAsync(key, login, server))));
        return running.Value.WaitAsync(cancellation);
    }

    /// <summary>Begins, without anybody waiting. What fails is tried again by the next one who asks.</summary>
    public void Begin(UpstreamLogin login, McpServer server)
    {
        ArgumentNullException.ThrowIfNull(login);
        _ = RefreshAsync(login, server, CancellationToken.None).ContinueWith(
            task => LogBackground(logger, login.ServerId, task.Exception!.GetBaseException().Message), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    private async Task<UpstreamLogin?> RunAndForgetAsync((Guid Login, string Credential) key, UpstreamLogin login, McpServer server)
    {
        try
        {
            var answer = await RunAsync(login, server);
            _failures.TryRemove(login.Id, out _);
            return answer;
        }
        catch (OutboundUnavailableException)
        {
            if (_failures.Count >= MostFailures)
            {
                _failures.Clear();
            }

            _failures[login.Id] = clock.GetUtcNow();
            throw;
        }
        finally
        {
            _running.TryRemove(key, out _);
        }
    }

    private async Task<UpstreamLogin?> RunAsync(UpstreamLogin asked, McpServer server)
    {
        var turn = Guid.NewGuid();
        var end = clock.GetUtcNow() + s_patience;
        while (true)
        {
            var (login, mine) = await turns.TakeTurnAsync(asked.Id, asked.CredentialId, turn);
            if (mine)
            {
                return await AskAsync(login!, server, turn);
            }

            if (login is null || login.CredentialId != asked.CredentialId || login.Stale is not null)
            {
                return login;
            }

            if (clock.GetUtcNow() > end)
            {
                throw new UpstreamNotRefreshedException("Another refresh of the same login is not answered yet.");
            }

            await Task.Delay(s_pause, clock);
        }
    }

    private async Task<UpstreamLogin?> AskAsync(UpstreamLogin login, McpServer server, Guid turn)
    {
        if (seal.Open(login)?.RefreshToken is not { } refreshToken)
        {
            return await logins.StaleAsync(login, "The login has ended, and its authorization server gave nothing to renew it with.");
        }

        try
        {
            var secret = await clients.SecretOfAsync(login.Client, server, login.Issuer, login.TokenEndpoint, CancellationToken.None);
            if (secret is null && login.Client.AuthMethod != UpstreamClient.None)
            {
                return login.Client.RegistrationId is null
                    ? throw new OutboundUnavailableException("The secret of the client that was entered for the server cannot be had.")
                    : await logins.StaleAsync(login, "This product is known to its authorization server as another client by now.");
            }

            var reply = await tokens.RefreshAsync(login.TokenEndpoint, login.Client, secret, refreshToken, login.Resource, CancellationToken.None);
            if (reply.Tokens is { } next)
            {
                var (kept, isKept) = await turns.RefreshedAsync(login, next);

                // Somebody disconnected meanwhile: what came is nobody's. A refresh beside this one would lose its own tokens with these.
                if (!isKept && kept?.ConnectedAt != login.ConnectedAt && login.RevocationEndpoint is { } endpoint && UpstreamClient.MayRevoke(server))
                {
                    await tokens.RevokeAllAsync(endpoint, login.Client, secret, next.AccessToken, next.RefreshToken);
                }

                return kept;
            }

            switch (reply.Error)
            {
                case "invalid_grant":
                    return await logins.StaleAsync(login, "Its authorization server no longer honours the login (invalid_grant).");
                case "invalid_client" or "unauthorized_client":
                    await clients.ForgetAsync(login.Client, CancellationToken.None);
                    return await logins.StaleAsync(login, $"Its authorization server no longer knows this product as a client ({reply.Error}).");
                case "server_error" or "temporarily_unavailable":
                    throw new OutboundUnavailableException($"{login.TokenEndpoint} answered {reply.Error}");
                default:
                    throw new UpstreamNotRefreshedException($"{login.TokenEndpoint} refused a refresh: {reply.Error}");
            }
        }
        catch (OutboundUnavailableException)
        {
            await turns.ReleaseTurnAsync(login.Id, turn);
            throw;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A refresh for the MCP server {ServerId} ahead of its time failed and is tried again: {Message}", EventName = "UpstreamRefreshAheadFailed")]
    private static partial void LogBackground(ILogger logger, Guid serverId, string message);
}
