using Grpc.AspNetCore.HealthChecks;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

public static class GrpcHealthChecksServiceExtensions
{
    /// <summary>Adds the gRPC health service and the host's health checks that it reports.</summary>
    public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<HealthStatusFeed>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHealthCheckPublisher, HealthStatusFeed>(
            provider => provider.GetRequiredService<HealthStatusFeed>()));
        services.TryAddSingleton(provider => new HealthService(
            provider.GetRequiredService<HealthCheckService>(), provider.GetRequiredService<HealthStatusFeed>()));
        return services.AddHealthChecks();
    }
}
