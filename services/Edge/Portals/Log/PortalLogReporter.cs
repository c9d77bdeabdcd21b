using ManagedOAuth.Contracts.PortalLog;
using ManagedOAuth.Edge.Telemetry;

namespace ManagedOAuth.Edge.Portals.Log;

/// <summary>Reports what went through the portals to Config.</summary>
internal sealed class PortalLogReporter(PortalLog.PortalLogClient client, TimeProvider clock, ILogger<PortalLogReporter> logger)
    : ReportQueue<PortalLogEntry>("portal log", MaximumQueue, clock, logger)
{
    private const int MaximumQueue = 20_000;

    protected override async Task SendAsync(IReadOnlyList<PortalLogEntry> batch, DateTime deadline, CancellationToken cancellation)
        => await client.ReportAsync(new PortalLogReport { Entries = { batch } }, deadline: deadline, cancellationToken: cancellation);

    protected override void Dropped(int count) => PortalMetrics.LogDropped(count);
}
