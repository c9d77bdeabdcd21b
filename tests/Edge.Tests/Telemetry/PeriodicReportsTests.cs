using ManagedOAuth.Edge.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.Edge.Tests.Telemetry;

/// <summary>When reports are made.</summary>
public sealed class PeriodicReportsTests
{
    [Fact]
    public async Task Stop_DuringAReport_IsFollowedByALastOne()
    {
        using var reports = new HeldReports(NullLogger.Instance);
        await reports.StartAsync(CancellationToken.None);
        await reports.Held.WaitAsync(TimeSpan.FromSeconds(60));
        await reports.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(1, reports.Told);
    }

    // A first report that lasts until it is broken off.
    private sealed class HeldReports(ILogger logger) : PeriodicReports("Tests", TimeSpan.FromMilliseconds(1), TimeProvider.System, logger)
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Held => _held.Task;

        public int Told { get; private set; }

        protected override async Task ReportAsync(DateTime deadline, CancellationToken cancellation)
        {
            if (_held.TrySetResult())
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            }

            Told++;
        }
    }
}
