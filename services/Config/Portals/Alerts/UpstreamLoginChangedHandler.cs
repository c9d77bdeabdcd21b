using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Config.Portals.Sync;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using Marten;

namespace ManagedOAuth.Config.Portals.Alerts;

/// <summary>
/// A login at a server was made or removed, or died. The shared one changes how it stands with the server at once, and the server is read with what there is now;
/// those of users are told of in an alert.
/// </summary>
public static class UpstreamLoginChangedHandler
{
    public static async Task Handle(
        UpstreamLoginChanged message, ConfigurationLog log, IDocumentStore store, McpServerStatuses statuses, ServerSync sync, TimeProvider clock, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(statuses);
        ArgumentNullException.ThrowIfNull(sync);
        ArgumentNullException.ThrowIfNull(clock);
        var state = await log.WaitForAsync(1, ct);
        if (!state.Snapshot.McpServers.TryGetValue(message.ServerId, out var server) || server.AuthType != McpAuthType.Oauth)
        {
            return;
        }

        await using var session = store.LightweightSession();
        var status = await McpServerStatuses.LockAsync(session, server.Id, ct);
        var now = clock.GetUtcNow();
        if (message.UserId is null)
        {
            status = SyncRules.SharedLoginChanged(status, message.IsStale, now);
            session.Store(status);
            await sync.AlertAsync(session, server, status, [], ct);
        }
        else if (AlertRules.NextOfUser(server, await sync.OpenAlertsAsync(session, server, ct), message.User, message.IsStale, now) is { } alert)
        {
            session.Store(alert);
        }

        await session.SaveChangesAsync(ct);
        if (message.UserId is null)
        {
            statuses.Note(status);
        }
    }
}
