using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ManagedOAuth.Config.Feed;

/// <summary>Ready once the configuration has been read, and while it is read again and again.</summary>
public sealed class ConfigurationLogHealth(ConfigurationLog log, TimeProvider clock) : IHealthCheck
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(
            !log.Loaded ? HealthCheckResult.Unhealthy("the configuration has not been read yet")
            : clock.GetUtcNow() - log.Current.ReadAt > s_limit ? HealthCheckResult.Degraded("the database has not answered for a while")
            : HealthCheckResult.Healthy());
}
