using ManagedOAuth.AuthorizationServer.Upstream.Connect;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.AuthorizationServer.Users;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using Marten;
using Marten.Exceptions;
using Wolverine.Marten;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>
/// What happens to logins at MCP servers: made, used, granted too little, over, forgotten. Each change is made under a lock on its row, so that replicas never
/// overwrite each other's tokens; Config is told of those that people should know of, in the same transaction. Renewing is <see cref="UpstreamTurns"/>.
/// </summary>
public sealed partial class UpstreamLogins(IDocumentStore store, IServiceScopeFactory scopes, SealedTokens seal, TimeProvider clock, ILogger<UpstreamLogins> logger)
{
    private const int Attempts = 5;

    /// <summary>Keeps a new login in the place of any former one.</summary>
    public async Task ConnectedAsync(UpstreamLogin login, McpServer server, UpstreamTokenSet tokens, string actor, string flowId)
    {
        ArgumentNullException.ThrowIfNull(login);
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(tokens);
        var connected = seal.Put(login, tokens, null, SealedTokens.NewCredentialId());
        connected = connected with { ConnectedAt = connected.RefreshedAt };
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var unit = store.LightweightSession();
                unit.LastModifiedBy = actor;
                unit.CorrelationId = flowId;

                // In the order of all other changes: first the row, then its events.
                var former = await UpstreamLoginReader.LockAsync(unit, login.Id);
                unit.Store(former?.ServerUrl == login.ServerUrl && former.Issuer == login.Issuer ? connected with { WantedScope = former.WantedScope } : connected);
                unit.Events.Append(login.Id, new UpstreamConnected(server.Id, server.ServerId, UserOf(login), login.Issuer, login.Client.ClientId, connected.Scope, connected.Account, flowId));
                await SaveAndTellAsync(unit, login, "", isByHand: server.OauthClient is not null);
                LogConnected(logger, server.ServerId, login.UserId, login.Issuer);
                return;
            }
            catch (Exception race) when (race is EventStreamUnexpectedMaxEventIdException or ExistingStreamIdCollisionException && attempt < Attempts)
            {
                // The same user finished another login of the same server at this moment: append after it.
            }
        }
    }

    /// <summary>
    /// Notes that the server wants more than the login was granted, for the next one to ask for. Returns what the login lacks; empty where it has other tokens by
    /// now, or another login would not help.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="user">Whose login; <see cref="Guid.Empty"/> = the shared one, of which Config is told.</param>
    /// <param name="credentialId">The credential that was refused.</param>
    /// <param name="missing">What the server said.</param>
    public async Task<string> WantAsync(McpServer server, Guid user, string credentialId, string missing)
    {
        ArgumentNullException.ThrowIfNull(server);
        await using var unit = store.LightweightSession();
        unit.LastModifiedBy = "system:upstream";
        if (await UpstreamLoginReader.LockAsync(unit, UpstreamLogin.IdOf(server.Id, user)) is not { Stale: null } login || login.CredentialId != credentialId
            || !UpstreamVault.IsFor(login, server) || UpstreamScopes.Wanted(server, login, missing) is not var (wanted, lacking))
        {
            return "";
        }

        if (wanted == login.WantedScope)
        {
            return lacking;
        }

        var next = login with { WantedScope = wanted };
        unit.Store(next);
        unit.Events.Append(login.Id, new UpstreamScopeWanted(login.ServerId, UserOf(login), lacking));
        if (login.UserId == Guid.Empty)
        {
            await SaveAndTellAsync(unit, login, "", UpstreamScopes.Lacking(next));
        }
        else
        {
            await unit.SaveChangesAsync(CancellationToken.None);
        }

        LogScope(logger, login.ServerId, login.UserId, lacking);
        return lacking;
    }

    /// <summary>
    /// Notes that the authorization server does not give what was wanted beside what the server names first, so that the next login can succeed without it. Returns
    /// what is not asked for any more; empty where nothing of it had been wanted.
    /// </summary>
    /// <param name="flow">The login that was refused (RFC 6749 §4.1.2.1 <c>invalid_scope</c>).</param>
    public async Task<string> NotGivenAsync(UpstreamFlow flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        await using var unit = store.LightweightSession();
        unit.LastModifiedBy = flow.Subject.Actor;
        if (await UpstreamLoginReader.LockAsync(unit, UpstreamLogin.IdOf(flow.Subject.ServerId, flow.Subject.UserId)) is not { } login
            || login.ServerUrl != flow.ServerUrl || login.Issuer != flow.At.Issuer || UpstreamScopes.Refused(login, flow.At.Scope) is not { Length: > 0 } refused)
        {
            return "";
        }

        var next = UpstreamScopes.NotWanting(login, refused);
        unit.Store(next);
        unit.Events.Append(login.Id, new UpstreamScopeNotGiven(login.ServerId, UserOf(login), refused));
        if (login is { Stale: null } && login.UserId == Guid.Empty)
        {
            await SaveAndTellAsync(unit, login, "", UpstreamScopes.Lacking(next));
        }
        else
        {
            await unit.SaveChangesAsync(CancellationToken.None);
        }

        LogNotGiven(logger, login.Issuer, login.ServerId, login.UserId, refused);
        return refused;
    }

    /// <summary>Notes that somebody has use for the login.</summary>
    public async Task UsedAsync(Guid id)
    {
        await using var unit = store.LightweightSession();
        if (await UpstreamLoginReader.LockAsync(unit, id) is { } login)
        {
            unit.Store(login with { UsedAt = clock.GetUtcNow() });
            await unit.SaveChangesAsync(CancellationToken.None);
        }
    }

    /// <summary>Notes that the tokens are worth nothing any more; gives the login as it is then.</summary>
    public async Task<UpstreamLogin?> StaleAsync(UpstreamLogin before, string reason)
    {
        ArgumentNullException.ThrowIfNull(before);
        await using var unit = store.LightweightSession();
        unit.LastModifiedBy = "system:upstream";
        var login = await UpstreamLoginReader.LockAsync(unit, before.Id);
        if (login is null || login.CredentialId != before.CredentialId || login.Stale is not null)
        {
            return login;
        }

        var stale = login with { Stale = reason, Tokens = null, Turn = null, TurnEndsAt = null };
        unit.Store(stale);
        unit.Events.Append(login.Id, new UpstreamRefreshFailed(login.ServerId, UserOf(login), reason));
        await SaveAndTellAsync(unit, login, reason);
        LogStale(logger, login.ServerId, login.UserId, login.Issuer, reason);
        return stale;
    }

    /// <summary>Removes a login; gives what was removed, so that it can be revoked. Null: there was none.</summary>
    public async Task<UpstreamLogin?> ForgetAsync(Guid id, string reason, string actor)
    {
        await using var unit = store.LightweightSession();
        unit.LastModifiedBy = actor;
        if (await UpstreamLoginReader.LockAsync(unit, id) is not { } login)
        {
            return null;
        }

        unit.Delete<UpstreamLogin>(id);
        unit.Events.Append(id, new UpstreamForgotten(login.ServerId, UserOf(login), reason));
        await SaveAndTellAsync(unit, login, "");
        LogForgotten(logger, login.ServerId, login.UserId, reason);
        return login;
    }

    private async Task SaveAndTellAsync(IDocumentSession unit, UpstreamLogin login, string stale, string lacking = "", bool isByHand = true)
    {
        await using var scope = scopes.CreateAsyncScope();
        var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
        outbox.Enroll(unit);
        var user = UserOf(login) is { } id ? (await unit.LoadAsync<User>(id))?.Email ?? id.ToString("D") : "";
        await outbox.PublishAsync(new UpstreamLoginChanged(login.ServerId, UserOf(login), user, stale.Length > 0, stale, clock.GetUtcNow(), lacking, isByHand ? null : ClientOf(login)));
        await unit.SaveChangesAsync(CancellationToken.None);
    }

    private static UpstreamClientNamed ClientOf(UpstreamLogin login)
        => new(login.Client.ClientId, login.Client.AuthMethod, login.Issuer, login.TokenEndpoint, login.AskedScope ?? "");

    private static Guid? UserOf(UpstreamLogin login) => login.UserId == Guid.Empty ? null : login.UserId;

    [LoggerMessage(1, LogLevel.Information, "User {UserId} connected the MCP server {Server} at {Issuer}", EventName = "UpstreamConnected")]
    private static partial void LogConnected(ILogger logger, string server, Guid userId, string issuer);

    [LoggerMessage(2, LogLevel.Error, "The credential of user {UserId} for the MCP server {ServerId} is no longer honoured by {Issuer}: {Reason}. A new login is needed", EventName = "UpstreamStale")]
    private static partial void LogStale(ILogger logger, Guid serverId, Guid userId, string issuer, string reason);

    [LoggerMessage(3, LogLevel.Information, "Forgot the credential of user {UserId} for the MCP server {ServerId}: {Reason}", EventName = "UpstreamForgotten")]
    private static partial void LogForgotten(ILogger logger, Guid serverId, Guid userId, string reason);

    [LoggerMessage(4, LogLevel.Information, "The MCP server {ServerId} wants more than the login of user {UserId} was granted: {Scope}", EventName = "UpstreamScopeWanted")]
    private static partial void LogScope(ILogger logger, Guid serverId, Guid userId, string scope);

    [LoggerMessage(5, LogLevel.Warning, "{Issuer} gives user {UserId} of the MCP server {ServerId} no login with {Scope}, which is not asked for any more", EventName = "UpstreamScopeNotGiven")]
    private static partial void LogNotGiven(ILogger logger, string issuer, Guid serverId, Guid userId, string scope);
}
