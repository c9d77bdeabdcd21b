using ManagedOAuth.Edge.Hosting;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>
/// After each change of the configuration: ends requests that it no longer admits, and tells listeners what changed for them. Twice a minute: forgets
/// streams that nobody comes back to, and tells listeners which servers were switched at another replica.
/// </summary>
internal sealed partial class PortalSweeper(
    RouteTableSource routes, InFlightRequests inFlight, Listeners listeners, PortalSessionStore sessions, ReplayLogs logs, ILogger<PortalSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(30);
    private readonly WakeSignal _wake = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        routes.Changed += _wake.Wake;
        var catchingUp = Task.CompletedTask;
        var due = new DueTime(s_pause, Environment.TickCount64);
        try
        {
            while (true)
            {
                // Changes, however many, do not put it off.
                Sweep(await _wake.WaitAsync(due.Left(Environment.TickCount64), stoppingToken));
                if (due.TryTake(Environment.TickCount64) && catchingUp.IsCompleted)
                {
                    // Beside the loop: what asks Redis must not keep a change of the configuration waiting.
                    catchingUp = CatchUpAsync(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
        finally
        {
            routes.Changed -= _wake.Wake;
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    private void Sweep(bool isChanged)
    {
        try
        {
            if (isChanged)
            {
                inFlight.Sweep();
                listeners.TellChanges();
            }

            logs.Sweep();
        }
        catch (Exception failure)
        {
            // Protects the loop: without it no change would ever be told, and no request ended, again.
            Log.Failed(logger, failure);
        }
    }

    private async Task CatchUpAsync(CancellationToken stoppingToken)
    {
        try
        {
            await listeners.CatchUpAsync(sessions, stoppingToken);
        }
        catch (Exception failure) when (failure is HotStoreUnavailableException or OperationCanceledException)
        {
            // Redis is away, and is asked again at the next time; or the service stops.
        }
        catch (Exception failure)
        {
            // Protects the loop's next look.
            Log.Failed(logger, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Sweeping after a change at the portals failed.", EventName = "PortalSweepFailed")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
