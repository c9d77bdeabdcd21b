using ManagedOAuth.Config.Feed;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Config.Portals.Log;

/// <summary>Once an hour forgets the days that are older than the log is kept.</summary>
public sealed class PortalLogSweep(PortalLogStore log, IOptions<PortalLogOptions> options, TimeProvider clock, ILogger<PortalLogSweep> logger) : HourlySweep(clock, logger)
{
    private const int StreamsAtOnce = 20;

    /// <summary>A stream ends when its last entry is too old, and its lines with it.</summary>
    public override async Task RunAsync(CancellationToken ct)
    {
        var before = Clock.GetUtcNow() - options.Value.Kept;
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
}
