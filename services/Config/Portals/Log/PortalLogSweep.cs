using System.Globalization;
using ManagedOAuth.ServiceDefaults.Store;
using Marten;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Config.Portals.Log;

/// <summary>Once an hour forgets the days that are older than the log is kept.</summary>
public sealed class PortalLogSweep(PortalLogStore log, IOptions<PortalLogOptions> options, TimeProvider clock, ILogger<PortalLogSweep> logger) : PeriodicSweep(Hourly, clock, logger)
{
    private const int StreamsAtOnce = 20;
    private const int RowsAtOnce = 5000;

    private static readonly string s_oldStreams = string.Create(CultureInfo.InvariantCulture, $"select id from portal_log.mt_streams where timestamp < ? order by timestamp, id limit {StreamsAtOnce}");

    /// <summary>
    /// A stream ends when its last entry is too old, and its lines with it. A day may have millions of entries: each statement deletes so few that it
    /// ends in time, and what has been deleted stays so where a later one fails.
    /// </summary>
    public override async Task RunAsync(CancellationToken cancellation)
    {
        var before = Clock.GetUtcNow() - options.Value.Kept;
        await using var session = log.LightweightSession();
        do
        {
            await DeleteAllAsync(session, $"delete from portal_log.mt_events where seq_id in (select e.seq_id from ({s_oldStreams}) s join portal_log.mt_events e on e.stream_id = s.id limit {RowsAtOnce})", before, cancellation);
        }
        while (await session.ExecuteAsync($"delete from portal_log.mt_streams where id in ({s_oldStreams})", cancellation, before) == StreamsAtOnce);

        await DeleteAllAsync(
            session,
            $"delete from portal_log.mt_doc_portallogline where id in (select d.id from portal_log.mt_doc_portallogline d where ((d.data ->> 'at')::bigint) < ? limit {RowsAtOnce})",
            PortalLogEntries.Microseconds(before.AddDays(-1)),
            cancellation);
    }

    private static async Task DeleteAllAsync(IDocumentSession session, string statement, object before, CancellationToken cancellation)
    {
        while (await session.ExecuteAsync(statement, cancellation, before) == RowsAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }
}
