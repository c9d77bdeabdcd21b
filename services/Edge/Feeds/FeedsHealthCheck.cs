using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ManagedOAuth.Edge.Feeds;

/// <summary>Ready once all three feeds have told everything; not ready while token-bearing requests would be answered 503.</summary>
internal sealed class FeedsHealthCheck(Freshness freshness, KeyRing keys) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(keys.IsLoaded && !freshness.IsStale ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
}
