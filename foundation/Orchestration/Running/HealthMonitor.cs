using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Asks the health checks of a replica again and again: often until it is healthy, then every few seconds.</summary>
internal sealed class HealthMonitor(ResourceReplica replica, TimeProvider clock, Action<(ResourceHealth Health, string? Detail)> publish)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_whileUnhealthy = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_whileHealthy = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken ct)
    {
        var checks = replica.Resource.Annotations.OfType<HealthCheckAnnotation>().ToArray();
        var failures = 0;
        (ResourceHealth, string?)? last = null;
        try
        {
            while (!ct.IsCancellationRequested)
            {
                var problem = await FirstProblemAsync(checks, ct).ConfigureAwait(false);
                ct.ThrowIfCancellationRequested();
                (ResourceHealth, string?) now = problem is null ? (ResourceHealth.Healthy, null) : (ResourceHealth.Unhealthy, problem);
                if (now != last)
                {
                    publish(now);
                    last = now;
                }
                if (checks.Length == 0)
                {
                    return;
                }
                failures = problem is null ? 0 : failures + 1;
                await Task.Delay(problem is null ? s_whileHealthy : s_whileUnhealthy * Math.Min(failures, 3), clock, ct).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ended: its health is no longer of interest.
        }
    }

    private async Task<string?> FirstProblemAsync(HealthCheckAnnotation[] checks, CancellationToken ct)
    {
        foreach (var check in checks)
        {
            try
            {
                if (await check.Check(replica, ct).WaitAsync(s_deadline, clock, ct).ConfigureAwait(false) is { } problem)
                {
                    return $"{check.Key}: {problem}";
                }
            }
            catch (Exception e) when (!ct.IsCancellationRequested) // Protects the loop: a check that throws says that its subject is unhealthy.
            {
                return $"{check.Key}: {(e is TimeoutException ? "no answer within 5 s" : e.Message)}";
            }
        }
        return null;
    }
}
