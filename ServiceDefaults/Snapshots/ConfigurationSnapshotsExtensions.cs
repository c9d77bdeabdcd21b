using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Contracts.Durations;
using ManagedOAuth.ServiceDefaults.Snapshots;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the configuration reader.</summary>
public static class ConfigurationSnapshotsExtensions
{
    private static readonly TimeSpan s_defaultLimit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Adds <see cref="IConfigurationSnapshots"/>, fed by Config's gRPC feed at <c>http://_grpc.config</c>. Readiness is false
    /// until the first snapshot is whole and while it is staler than the organization's <c>revocation_staleness_limit</c>.
    /// </summary>
    public static IHostApplicationBuilder AddConfigurationSnapshots(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddServiceClient<ConfigFeed.ConfigFeedClient>("config");
        builder.Services.AddCountries();
        builder.Services.AddSingleton<ConfigurationSnapshots>();
        builder.Services.AddSingleton<IConfigurationSnapshots>(provider => provider.GetRequiredService<ConfigurationSnapshots>());
        builder.Services.AddHostedService<ConfigurationReader>();
        builder.Services.AddHostedService<AppliedReports>();
        builder.Services.AddHealthChecks().AddCheck<ConfigurationHealthCheck>("configuration", timeout: TimeSpan.FromSeconds(3));
        return builder;
    }

    private sealed class ConfigurationHealthCheck(IConfigurationSnapshots snapshots) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var organization = snapshots.Current.Organization;
            var limit = organization is not null && GoDuration.TryParse(organization.RevocationStalenessLimit, out var set) ? set : s_defaultLimit;
            return Task.FromResult(snapshots.IsLoaded && snapshots.Staleness <= limit
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy());
        }
    }
}
