using ManagedOAuth.Edge.Portals.Upstreams;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.Edge.Portals.Sessions;

/// <summary>
/// Notices that Redis has lost its memory (a restart, a failover), and gives it back the sessions that this replica remembers: the other replicas
/// serve them too.
/// </summary>
internal sealed partial class PortalSessionKeeper(PortalSessionStore sessions, UpstreamSessions upstreams, IHotStore store, TimeProvider clock, ILogger<PortalSessionKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    // It is there as long as Redis remembers what this process wrote.
    private readonly string _mark = $"portal:sessions:of:{Guid.NewGuid():N}";
    private bool _isOwed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(s_look, clock, stoppingToken);
                await LookAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        // Without sessions nobody has asked for Redis yet, and an edge without portals has none.
        if (sessions.Count == 0)
        {
            return;
        }

        try
        {
            if (await store.SetIfAbsentAsync(_mark, new byte[] { 1 }, PortalSession.Idle, cancellation) || _isOwed)
            {
                _isOwed = true;
                await sessions.RestoreAsync(cancellation);
                await upstreams.RestoreAsync(cancellation);
                _isOwed = false;
            }
        }
        catch (HotStoreUnavailableException)
        {
            // Redis is away: this is looked at again in a second.
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Protects the loop: a session that cannot be written must not keep the others from being.
            Log.Failed(logger, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Giving Redis back the sessions of portals failed.", EventName = "PortalSessionsNotRestored")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
