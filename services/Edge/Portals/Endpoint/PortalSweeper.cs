using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>After each change of the configuration: ends requests that it no longer admits, and tells listeners what changed for them.</summary>
internal sealed partial class PortalSweeper(RouteTableSource routes, InFlightRequests inFlight, Listeners listeners, ILogger<PortalSweeper> logger) : BackgroundService
{
    private readonly SemaphoreSlim _wake = new(0, 1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        routes.Changed += Wake;
        try
        {
            while (true)
            {
                await _wake.WaitAsync(stoppingToken);
                inFlight.Sweep();
                await TellAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
        finally
        {
            routes.Changed -= Wake;
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    private async Task TellAsync()
    {
        try
        {
            await listeners.TellChangesAsync();
        }
        catch (Exception failure)
        {
            // Protects the loop: without it no change would ever be told, and no request ended, again.
            Log.Failed(logger, failure);
        }
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (Exception failure) when (failure is SemaphoreFullException or ObjectDisposedException)
        {
            // It is awake already, or will never be again.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Telling portal clients of a change failed.", EventName = "PortalSweepFailed")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
