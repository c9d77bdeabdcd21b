using Microsoft.Extensions.Options;

namespace ManagedOAuth.Config.Portals.Log;

/// <summary>Once an hour forgets the days that are older than the log is kept.</summary>
public sealed partial class PortalLogSweep(PortalLogStore log, IOptions<PortalLogOptions> options, TimeProvider clock, ILogger<PortalLogSweep> logger) : BackgroundService
{
    private const int StreamsAtOnce = 20;
    private static readonly TimeSpan s_period = TimeSpan.FromHours(1);

    /// <summary>Forgets now: a stream ends when its last entry is too old, and its lines with it.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var before = clock.GetUtcNow() - options.Value.Kept;
        int forgotten;
        do
        {
            await using var session = log.LightweightSession();
            forgotten = await session.ExecuteAsync(
                $"delete from portal_log.mt_streams where id in (select id from portal_log.mt_streams where timestamp < ? order by timestamp limit {StreamsAtOnce})", ct, before);
        }
        while (forgotten == StreamsAtOnce);

        await using var lines = log.LightweightSession();
        lines.DeleteWhere<PortalLogLine>("where ((d.data ->> 'at')::bigint) < ?", PortalLogEntries.Microseconds(before.AddDays(-1)));
        await lines.SaveChangesAsync(ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // What is not forgotten now is forgotten an hour later.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                LogFailed(logger, failed);
            }

            await Task.Delay(s_period, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Old entries of the portal log could not be forgotten; trying again in an hour")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
