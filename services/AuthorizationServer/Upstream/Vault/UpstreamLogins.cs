using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.AuthorizationServer.Users;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using Marten;
using Marten.Exceptions;
using Wolverine.Marten;

namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>
/// Keeps logins at MCP servers. Each change is made under a lock on its row, so that replicas never overwrite each other's tokens; Config is told of those that
/// people should know of, in the same transaction.
/// </summary>
public sealed partial class UpstreamLogins(IDocumentStore store, IServiceScopeFactory scopes, ISecretBox box, TimeProvider clock, ILogger<UpstreamLogins> logger)
{
    private const int Attempts = 5;

    // Longer than the one request that is made in a turn.
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_keeping = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>The login; null when there is none.</summary>
    public async Task<UpstreamLogin?> FindAsync(Guid server, Guid user, CancellationToken cancellation)
    {
        await using var query = store.QuerySession();
        return await query.LoadAsync<UpstreamLogin>(UpstreamLogin.IdOf(server, user), cancellation);
    }

    /// <summary>Those of several servers, by server.</summary>
    public async Task<IReadOnlyDictionary<Guid, UpstreamLogin>> FindManyAsync(IEnumerable<Guid> servers, Guid user, CancellationToken cancellation)
    {
        await using var query = store.QuerySession();
        var found = await query.LoadManyAsync<UpstreamLogin>([.. servers.Select(server => UpstreamLogin.IdOf(server, user))], cancellation);
        return found.ToDictionary(login => login.ServerId);
    }

    /// <summary>The tokens in clear; null when there are none any more.</summary>
    public UpstreamSecrets? Open(UpstreamLogin login)
    {
        ArgumentNullException.ThrowIfNull(login);
        return login.Tokens is { } tokens
            ? JsonSerializer.Deserialize(box.Open(UpstreamLogin.PurposeOf(login.ServerId, login.UserId, login.ServerUrl), tokens), UpstreamSecretsJson.Default.UpstreamSecrets)
            : null;
    }

    /// <summary>Keeps a new login in the place of any former one.</summary>
    public async Task ConnectedAsync(UpstreamLogin login, McpServer server, UpstreamTokenSet tokens, string actor, string flowId)
    {
        ArgumentNullException.ThrowIfNull(login);
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(tokens);
        var connected = WithTokens(login, tokens, null, NewCredentialId());
        connected = connected with { ConnectedAt = connected.RefreshedAt };
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var unit = store.LightweightSession();
                unit.LastModifiedBy = actor;
                unit.CorrelationId = flowId;
                unit.Store(connected);
                unit.Events.Append(login.Id, new UpstreamConnected(server.Id, server.ServerId, UserOf(login), login.Issuer, login.Client.ClientId, connected.Scope, connected.Account, flowId));
                await SaveAndTellAsync(unit, login, "");
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
    /// Takes the right to refresh. <c>Mine</c> is false while another one has it; a login that is gone, worth nothing or has other tokens by now is
    /// given back as it is.
    /// </summary>
    public async Task<(UpstreamLogin? Login, bool Mine)> TakeTurnAsync(Guid id, string credentialId, Guid turn)
    {
        await using var unit = store.LightweightSession();
        var login = await LockAsync(unit, id);
        if (login is null || login.CredentialId != credentialId || login.Stale is not null)
        {
            return (login, false);
        }

        var now = clock.GetUtcNow();
        if (login.TurnEndsAt > now && login.Turn != turn)
        {
            return (login, false);
        }

        unit.Store(login with { Turn = turn, TurnEndsAt = now + s_turn });
        await unit.SaveChangesAsync(CancellationToken.None);
        return (login, true);
    }

    /// <summary>Gives the right back unused.</summary>
    public async Task ReleaseTurnAsync(Guid id, Guid turn)
    {
        await using var unit = store.LightweightSession();
        if (await LockAsync(unit, id) is { } login && login.Turn == turn)
        {
            unit.Store(login with { Turn = null, TurnEndsAt = null });
            await unit.SaveChangesAsync(CancellationToken.None);
        }
    }

    /// <summary>
    /// Keeps the tokens that a refresh gave, before anybody uses them; a database that is away for a moment is tried again, because there may be no
    /// other copy of the refresh token. <c>Kept</c> is false when the login was removed or made anew meanwhile: it is given as it is, and the tokens
    /// are nobody's.
    /// </summary>
    public async Task<(UpstreamLogin? Login, bool Kept)> RefreshedAsync(UpstreamLogin before, UpstreamTokenSet tokens)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(tokens);
        var end = clock.GetUtcNow() + s_keeping;
        var credentialId = NewCredentialId();
        while (true)
        {
            try
            {
                return await KeepAsync(before, tokens, credentialId);
            }
            catch (MartenCommandException away) when (away.IsTransient && clock.GetUtcNow() < end)
            {
                LogNotKept(logger, before.ServerId, before.UserId, away.Message);
                await Task.Delay(s_pause, clock);
            }
        }
    }

    private async Task<(UpstreamLogin? Login, bool Kept)> KeepAsync(UpstreamLogin before, UpstreamTokenSet tokens, string credentialId)
    {
        await using var unit = store.LightweightSession();
        var login = await LockAsync(unit, before.Id);
        if (login is null || login.CredentialId != before.CredentialId)
        {
            // Saved by an attempt before, whose answer was lost?
            return (login, login?.CredentialId == credentialId);
        }

        var refreshed = WithTokens(login, tokens, Open(login)?.RefreshToken, credentialId);
        unit.Store(refreshed);
        await unit.SaveChangesAsync(CancellationToken.None);
        return (refreshed, true);
    }

    /// <summary>Notes that the tokens are worth nothing any more; gives the login as it is then.</summary>
    public async Task<UpstreamLogin?> StaleAsync(UpstreamLogin before, string reason)
    {
        ArgumentNullException.ThrowIfNull(before);
        await using var unit = store.LightweightSession();
        unit.LastModifiedBy = "system:upstream";
        var login = await LockAsync(unit, before.Id);
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
        if (await LockAsync(unit, id) is not { } login)
        {
            return null;
        }

        unit.Delete<UpstreamLogin>(id);
        unit.Events.Append(id, new UpstreamForgotten(login.ServerId, UserOf(login), reason));
        await SaveAndTellAsync(unit, login, "");
        LogForgotten(logger, login.ServerId, login.UserId, reason);
        return login;
    }

    /// <summary>Ids of some of a user's logins.</summary>
    public async Task<IReadOnlyList<Guid>> OfUserAsync(Guid user, int limit, CancellationToken cancellation)
    {
        await using var query = store.QuerySession();
        return [.. (await query.QueryAsync<UpstreamLogin>("where data ->> 'userId' = ? limit ?", cancellation, user.ToString("D"), limit)).Select(login => login.Id)];
    }

    /// <summary>Ids of logins, made before a time, at servers that are not among these.</summary>
    public async Task<IReadOnlyList<Guid>> ElsewhereAsync(IEnumerable<Guid> servers, DateTimeOffset before, int limit, CancellationToken cancellation)
    {
        await using var query = store.QuerySession();
        return [.. (await query.QueryAsync<UpstreamLogin>(
            "where not (data ->> 'serverId' = any(?)) and (data ->> 'connectedAt')::timestamptz < ? limit ?",
            cancellation,
            servers.Select(id => id.ToString("D")).ToArray(),
            before,
            limit)).Select(login => login.Id)];
    }

    private async Task SaveAndTellAsync(IDocumentSession unit, UpstreamLogin login, string stale)
    {
        await using var scope = scopes.CreateAsyncScope();
        var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
        outbox.Enroll(unit);
        var user = UserOf(login) is { } id ? (await unit.LoadAsync<User>(id))?.Email ?? id.ToString("D") : "";
        await outbox.PublishAsync(new UpstreamLoginChanged(login.ServerId, UserOf(login), user, stale.Length > 0, stale));
        await unit.SaveChangesAsync(CancellationToken.None);
    }

    private static async Task<UpstreamLogin?> LockAsync(IDocumentSession unit, Guid id)
    {
        await unit.BeginTransactionAsync();
        return await unit.QueryAsync<UpstreamLogin>("where d.id = ? for update", CancellationToken.None, id) is [var login] ? login : null;
    }

    private UpstreamLogin WithTokens(UpstreamLogin login, UpstreamTokenSet tokens, string? refreshTokenBefore, string credentialId)
    {
        var now = clock.GetUtcNow();
        var secrets = new UpstreamSecrets(tokens.AccessToken, tokens.RefreshToken ?? refreshTokenBefore);
        return login with
        {
            Tokens = box.Seal(UpstreamLogin.PurposeOf(login.ServerId, login.UserId, login.ServerUrl), JsonSerializer.SerializeToUtf8Bytes(secrets, UpstreamSecretsJson.Default.UpstreamSecrets)),
            CredentialId = credentialId,
            ExpiresAt = now + tokens.Life,
            RefreshedAt = now,
            Scope = tokens.Scope ?? login.Scope,
            Account = tokens.Account.Length > 0 ? tokens.Account : login.Account,
            Stale = null,
            Turn = null,
            TurnEndsAt = null,
        };
    }

    private static string NewCredentialId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    private static Guid? UserOf(UpstreamLogin login) => login.UserId == Guid.Empty ? null : login.UserId;

    [LoggerMessage(1, LogLevel.Information, "User {UserId} connected the MCP server {Server} at {Issuer}", EventName = "UpstreamConnected")]
    private static partial void LogConnected(ILogger logger, string server, Guid userId, string issuer);

    [LoggerMessage(2, LogLevel.Error, "The credential of user {UserId} for the MCP server {ServerId} is no longer honoured by {Issuer}: {Reason}. A new login is needed", EventName = "UpstreamStale")]
    private static partial void LogStale(ILogger logger, Guid serverId, Guid userId, string issuer, string reason);

    [LoggerMessage(3, LogLevel.Information, "Forgot the credential of user {UserId} for the MCP server {ServerId}: {Reason}", EventName = "UpstreamForgotten")]
    private static partial void LogForgotten(ILogger logger, Guid serverId, Guid userId, string reason);

    [LoggerMessage(4, LogLevel.Warning, "New tokens of user {UserId} for the MCP server {ServerId} could not be kept and are tried again: {Message}", EventName = "UpstreamNotKept")]
    private static partial void LogNotKept(ILogger logger, Guid serverId, Guid userId, string message);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(UpstreamSecrets))]
internal sealed partial class UpstreamSecretsJson : JsonSerializerContext;
