using Grpc.Core;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Portals.Alerts;
using ManagedOAuth.Config.Portals.Catalogs;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten;

namespace ManagedOAuth.Config.Portals.Sync;

/// <summary>Reads one server: takes it so that no other replica does, asks for its credential, reads, keeps what is new, and notes how it went.</summary>
public sealed partial class ServerSync(
    IDocumentStore store, ConfigurationLog log, ServerCredentials credentials, ServerReader reader, McpServerStatuses statuses, IServiceScopeFactory scopes, TimeProvider clock, ILogger<ServerSync> logger)
{
    // Longer than reading, credential and saving together may take.
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(200);
    private static readonly IReadOnlyList<string> s_nothing = [];

    /// <summary>Reads a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="isAsked">Somebody wants it now: also when it is not due, and after whoever reads it at the moment.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>How it went; null when it was not due, or somebody else reads it.</returns>
    public async Task<McpServerStatus?> RunAsync(McpServer server, bool isAsked, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(server);
        var patience = clock.GetUtcNow() + s_lease;
        var claimed = await ClaimAsync(server, isAsked, ct);
        while (claimed is null && isAsked && clock.GetUtcNow() < patience)
        {
            await Task.Delay(s_poll, clock, ct);
            claimed = await ClaimAsync(server, isAsked, ct);
        }

        if (claimed is null)
        {
            return null;
        }

        var (status, news) = await ReadAsync(server, claimed, ct);
        return await SaveAsync(server, claimed, status, news, ct);
    }

    /// <summary>Something was heard of a server that is a reason to read it again: it becomes due, within the limits that there are for that.</summary>
    public async Task HearAsync(McpServer server, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (statuses.Of(server.Id) is { HeardAt: not null } waiting && waiting.DueAt > clock.GetUtcNow())
        {
            // It will be read for this already, and nobody has begun to.
            return;
        }

        await using var session = store.LightweightSession();
        var known = await McpServerStatuses.LockAsync(session, server.Id, ct);
        if (known.HeardAt is null)
        {
            known = McpServerStatuses.Store(session, SyncRules.Heard(known, clock.GetUtcNow()), clock.GetUtcNow());
            await session.SaveChangesAsync(ct);
        }

        statuses.Note(known);
    }

    private async Task<McpServerStatus?> ClaimAsync(McpServer server, bool isAsked, CancellationToken ct)
    {
        await using var session = store.LightweightSession();
        var known = await McpServerStatuses.LockAsync(session, server.Id, ct);
        var now = clock.GetUtcNow();
        if (known.LeasedUntil > now || !(isAsked || SyncRules.IsDue(server, known, now)))
        {
            statuses.Note(known);
            return null;
        }

        var claimed = McpServerStatuses.Store(session, SyncRules.Claimed(known, server, s_lease, now), now);
        await session.SaveChangesAsync(ct);
        return claimed;
    }

    private async Task<(McpServerStatus Status, IReadOnlyList<string> News)> ReadAsync(McpServer server, McpServerStatus status, CancellationToken ct)
    {
        ServerCredential? credential = null;
        try
        {
            credential = await credentials.GetAsync(server, "", ct);
            if (!credential.IsUsable)
            {
                return (SyncRules.NeedsLogin(status, credential.State, clock.GetUtcNow()), s_nothing);
            }

            McpReading reading;
            try
            {
                reading = await reader.ReadAsync(server, credential.Headers, ct);
            }
            catch (ReadingFailedException refused) when (refused.Error.StatusCode == StatusCodes.Status401Unauthorized && credential.Id.Length > 0)
            {
                // Revoked, or ended early: the authorization server may have a fresh one.
                credential = await credentials.GetAsync(server, credential.Id, ct);
                if (!credential.IsUsable)
                {
                    return (SyncRules.NeedsLogin(status, credential.State, clock.GetUtcNow()), s_nothing);
                }

                reading = await reader.ReadAsync(server, credential.Headers, ct);
            }

            var news = await KeepAsync(server, reading, ct);
            return (SyncRules.Succeeded(status, credential.State, reading.Dropped, clock.GetUtcNow()), news);
        }
        catch (ReadingFailedException failed)
        {
            Log.Failed(logger, server.ServerId, failed.Error.Cause);
            return (SyncRules.Failed(status, ConnectionOf(server, credential, status, failed.Error), failed.Error, clock.GetUtcNow()), s_nothing);
        }
        catch (RpcException away) when (!ct.IsCancellationRequested)
        {
            Log.NoCredential(logger, server.ServerId, away.StatusCode);
            return (SyncRules.Unknown(status, "What the server is shown cannot be had at the moment: AuthorizationServer, or Token where the server wants an assertion, does not answer. It is tried again.", clock.GetUtcNow()), s_nothing);
        }
    }

    // There is nobody to ask for another one in the place of a fixed credential.
    private static McpConnectionState ConnectionOf(McpServer server, ServerCredential? credential, McpServerStatus status, McpSyncError error)
        => server.AuthType == McpAuthType.Bearer && error.StatusCode == StatusCodes.Status401Unauthorized ? McpConnectionState.Stale : credential?.State ?? status.Connection;

    // The writers' lock is taken only for what is new.
    private async Task<IReadOnlyList<string>> KeepAsync(McpServer server, McpReading reading, CancellationToken ct)
    {
        var id = McpCatalog.IdOf(server.Id);
        if (!CatalogRules.Read(server, log.Current.Snapshot.McpCatalogs.GetValueOrDefault(id), reading).IsChanged)
        {
            return s_nothing;
        }

        await using var scope = scopes.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ConfigurationWriter>();
        await using var change = await writer.BeginAsync(ct);
        if (!change.Snapshot.McpServers.TryGetValue(server.Id, out var current) || SyncRules.Fingerprint(current) != SyncRules.Fingerprint(server))
        {
            // Removed or changed meanwhile: what was read is that of another address.
            return s_nothing;
        }

        var existing = change.Snapshot.McpCatalogs.GetValueOrDefault(id);
        var outcome = CatalogRules.Read(current, existing, reading);
        if (outcome.IsChanged)
        {
            var (version, now) = (change.Draft.VersionOf(id) + 1, clock.GetUtcNow());
            var catalog = outcome.Catalog with { Version = version, CreatedAt = existing?.CreatedAt ?? now, UpdatedAt = now };
            change.Draft.Append<McpCatalogObject>(id, version, version == 1 ? new McpCatalogCreated(catalog) : new McpCatalogChanged(catalog));
            await writer.SaveAsync(change, ct);
        }

        return outcome.News;
    }

    private async Task<McpServerStatus> SaveAsync(McpServer server, McpServerStatus claimed, McpServerStatus read, IReadOnlyList<string> news, CancellationToken ct)
    {
        await using var session = store.LightweightSession();
        var meanwhile = await McpServerStatuses.LockAsync(session, server.Id, ct);
        var status = SyncRules.WithWhatWasTold(read, claimed, meanwhile, clock.GetUtcNow());
        if (!log.Current.Snapshot.McpServers.ContainsKey(server.Id))
        {
            session.Delete<McpServerStatus>(server.Id);
        }
        else
        {
            status = McpServerStatuses.Store(session, status, clock.GetUtcNow());
            await AlertAsync(session, server, status, news, ct);
        }

        await session.SaveChangesAsync(ct);
        statuses.Note(status);
        return status;
    }

    /// <summary>Looks again at what there is to be told about a server.</summary>
    internal async Task AlertAsync(
        IDocumentSession session, McpServer server, McpServerStatus status, IReadOnlyList<string> news, CancellationToken ct, McpUserLogin? changedLogin = null)
    {
        var open = await session.QueryAsync<McpAlert>("where d.data ->> 'serverUid' = ? and d.data ->> 'resolvedAt' is null order by id limit 100", ct, server.Id.ToString());
        var staleUsers = await McpUserLogin.StaleUsersAsync(session, server, changedLogin, ct);
        var missingScopes = await McpUserLogin.MissingScopesAsync(session, server, changedLogin, ct);
        var catalog = log.Current.Snapshot.McpCatalogs.GetValueOrDefault(McpCatalog.IdOf(server.Id));
        var now = clock.GetUtcNow();
        foreach (var alert in AlertRules.Next(server, open, status, catalog, news, staleUsers, now, missingScopes))
        {
            session.Store(alert);
            if (alert.ResolvedAt is null && alert.UpdatedAt == now)
            {
                Log.Alert(logger, server.ServerId, alert.Kind, alert.Detail);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "MCP server {Server} could not be read: {Cause}", EventName = "McpServerNotRead")]
        public static partial void Failed(ILogger logger, string server, string cause);

        [LoggerMessage(2, LogLevel.Warning, "MCP server {Server} is not read now: its credential cannot be had ({Status})", EventName = "McpCredentialNotThere")]
        public static partial void NoCredential(ILogger logger, string server, StatusCode status);

        [LoggerMessage(3, LogLevel.Warning, "MCP server {Server}: {Kind}: {Detail}", EventName = "McpAlert")]
        public static partial void Alert(ILogger logger, string server, McpAlertKind kind, string detail);
    }
}
