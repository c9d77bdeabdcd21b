using ManagedOAuth.Contracts.RefusalLog;
using ManagedOAuth.Edge.Telemetry;

namespace ManagedOAuth.Edge.RefusedRequests;

/// <summary>Reports refused requests to Config.</summary>
internal sealed class RefusalReporter(Contracts.RefusalLog.RefusalLog.RefusalLogClient client, TimeProvider clock, ILogger<RefusalReporter> logger)
    : ReportQueue<Refusal>("log of refusals", MaximumQueue, clock, logger)
{
    private const int MaximumQueue = 2000;

    protected override async Task SendAsync(IReadOnlyList<Refusal> batch, DateTime deadline, CancellationToken cancellation)
        => await client.ReportAsync(new RefusalReport { Entries = { batch } }, deadline: deadline, cancellationToken: cancellation);

    protected override void Dropped(int count) => EdgeMetrics.RefusalsNotLogged(count);
}
