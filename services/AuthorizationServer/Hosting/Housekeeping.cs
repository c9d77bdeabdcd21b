using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;
using ManagedOAuth.AuthorizationServer.Registration;
using ManagedOAuth.AuthorizationServer.Scim.Store;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.ServiceDefaults.Startup;

namespace ManagedOAuth.AuthorizationServer.Hosting;

/// <summary>Removes registrations, refused redirect URIs, sessions, provider grants and lines of the provisioning and authentication logs whose time is over, and logins at MCP servers that are no longer configured. Every replica does it; doing it twice changes nothing.</summary>
public sealed partial class Housekeeping(
    ClientRegistry clients, TeamSessions sessions, ProviderGrants providerGrants, UpstreamEndings upstream, RefusedRedirectUris refusedUris, ScimLog provisioningLog, AccessLog accessLog, StartupGate gate,
    TimeProvider clock, ILogger<Housekeeping> logger) : BackgroundService
{
    private const int Batch = 500;
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(10);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await gate.WaitAsync(stoppingToken);
            while (true)
            {
                await Task.Delay(s_period, clock, stoppingToken);
                await RunAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    /// <summary>Removes everything that is over, in batches.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            var removedClients = await RepeatAsync(clients.RemoveExpiredAsync, cancellation);
            var removedSessions = await RepeatAsync(sessions.RemoveExpiredAsync, cancellation);
            var removedProviderGrants = await RepeatAsync(providerGrants.RemoveExpiredAsync, cancellation);
            var forgotten = await RepeatAsync(upstream.ForgetRemovedServersAsync, cancellation);
            await RepeatAsync(refusedUris.RemoveExpiredAsync, cancellation);
            await RepeatAsync(provisioningLog.RemoveExpiredAsync, cancellation);
            await RepeatAsync(accessLog.RemoveExpiredAsync, cancellation);
            if (removedClients + removedSessions + removedProviderGrants + forgotten > 0)
            {
                Log.Removed(logger, removedClients, removedSessions, removedProviderGrants, forgotten);
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && !cancellation.IsCancellationRequested)
        {
            // Protects the loop: a database that is away, or a conflict with another replica, is tried again next time.
            Log.Failed(logger, exception.GetType().Name, exception.Message);
        }
    }

    private static async Task<int> RepeatAsync(Func<int, CancellationToken, Task<int>> remove, CancellationToken cancellation)
    {
        var total = 0;
        for (var removed = Batch; removed == Batch; total += removed)
        {
            removed = await remove(Batch, cancellation);
        }

        return total;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Removed {Clients} expired registrations, {Sessions} expired sessions, {ProviderGrants} provider grants and {UpstreamLogins} logins at removed MCP servers", EventName = "ExpiredRemoved")]
        public static partial void Removed(ILogger logger, int clients, int sessions, int providerGrants, int upstreamLogins);

        [LoggerMessage(2, LogLevel.Warning, "Housekeeping failed and is tried again later: {Error}: {Message}", EventName = "HousekeepingFailed")]
        public static partial void Failed(ILogger logger, string error, string message);
    }
}
