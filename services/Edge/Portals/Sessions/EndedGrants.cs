using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Hosting;

namespace ManagedOAuth.Edge.Portals.Sessions;

/// <summary>
/// Ends the sessions that were begun with a grant that has ended (signing out, revocation). Their credential is refused by then; what is left of them must
/// not stay for the rest of the day.
/// </summary>
internal sealed partial class EndedGrants(PortalSessionStore sessions, RevocationList revocations, ILogger<EndedGrants> logger) : BackgroundService
{
    private readonly WakeSignal _wake = new();

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        revocations.Changed += _wake.Wake;
        try
        {
            while (true)
            {
                await _wake.WaitAsync(Timeout.InfiniteTimeSpan, stoppingToken);
                await EndAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
        finally
        {
            revocations.Changed -= _wake.Wake;
        }
    }

    private async Task EndAsync(CancellationToken stoppingToken)
    {
        try
        {
            var ended = revocations.Current.Entries;
            await sessions.EndOfGrantsAsync(grant => ended.ContainsKey((grant, Guid.Empty)), stoppingToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Protects the loop: without it no session would be ended by this any more.
            Log.Failed(logger, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Ending the portal sessions of ended grants failed.", EventName = "PortalSessionsNotEnded")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
