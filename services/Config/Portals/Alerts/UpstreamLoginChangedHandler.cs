using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Config.Portals.Sync;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using Marten;

namespace ManagedOAuth.Config.Portals.Alerts;

/// <summary>
/// A login at a server was made or removed, died, or was granted too little. The shared one changes how it stands with the server at once, and the server is read with what there is now;
/// those of users are told of in an alert. What is older than what is known already changes nothing.
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
        if (!state.Snapshot.McpServers.TryGetValue(message.ServerId, out var server)
            && !(await log.ReadAgainAsync(ct)).Snapshot.McpServers.TryGetValue(message.ServerId, out server))
        {
            return;
        }

        await using var session = store.LightweightSession();
        var status = await McpServerStatuses.LockAsync(session, server.Id, ct);
        var login = new McpUserLogin
        {
            Id = McpUserLogin.IdOf(server.Id, message.UserId),
            ServerUid = server.Id,
            User = message.User,
            IsStale = message.IsStale,
            At = message.At == default ? clock.GetUtcNow() : message.At,

            // Nobody asks for that of a user, and it would keep the login from ever being swept.
            MissingScope = message.UserId is null ? message.MissingScope : "",
        };
        if (await session.LoadAsync<McpUserLogin>(login.Id, ct) is { } known && known.At > login.At)
        {
            return;
        }

        session.Store(login);
        var before = status;
        status = message.Client is { } client ? status with { Client = client } : status;
        if (message is { UserId: null, MissingScope.Length: 0 } && server.AuthType == McpAuthType.Oauth)
        {
            status = SyncRules.SharedLoginChanged(status, message.IsStale, clock.GetUtcNow());
        }

        if (status != before)
        {
            status = McpServerStatuses.Store(session, status, clock.GetUtcNow());
        }

        await sync.AlertAsync(session, server, status, [], ct, login);
        await session.SaveChangesAsync(ct);
        if (status != before)
        {
            statuses.Note(status);
        }
    }
}
