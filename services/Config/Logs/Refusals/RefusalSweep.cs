using System.Globalization;
using ManagedOAuth.Config.Portals.Log;
using ManagedOAuth.ServiceDefaults.Store;
using Marten;

namespace ManagedOAuth.Config.Logs.Refusals;

/// <summary>Once an hour forgets refusals that are too old, and the oldest where there are too many.</summary>
public sealed class RefusalSweep(IDocumentStore store, TimeProvider clock, ILogger<RefusalSweep> logger) : PeriodicSweep(Hourly, clock, logger)
{
    /// <summary>How long a refusal is kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    private const int MostKept = 500_000;
    private const int RowsAtOnce = 5000;

    public override async Task RunAsync(CancellationToken cancellation)
    {
        var table = $"{store.Options.DatabaseSchemaName}.mt_doc_edgerefusal";
        await using var session = store.LightweightSession();
        await DeleteAllAsync(session, $"delete from {table} where id in (select id from {table} where ((data ->> 'at')::bigint) < ? limit {RowsAtOnce})",
            PortalLogEntries.Microseconds(Clock.GetUtcNow() - Kept), cancellation);
        await DeleteAllAsync(
            session,
            string.Create(CultureInfo.InvariantCulture, $"delete from {table} where id in (select id from {table} order by ((data ->> 'at')::bigint) desc offset ? limit {RowsAtOnce})"),
            MostKept,
            cancellation);
    }

    // Each statement deletes so few that it ends in time.
    private static async Task DeleteAllAsync(IDocumentSession session, string statement, object bound, CancellationToken cancellation)
    {
        while (await session.ExecuteAsync(statement, cancellation, bound) == RowsAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }
}
