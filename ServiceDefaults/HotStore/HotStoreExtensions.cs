using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.ServiceDefaults.Startup;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the hot store.</summary>
public static class HotStoreExtensions
{
    private const string AuthorityFile = "Redis:CertificateAuthorityFile";

    /// <summary>
    /// Adds <see cref="IHotStore"/> over the Redis of <c>ConnectionStrings:redis</c> (<c>host:port,password=...</c>), over TLS with <c>ssl=true</c> or where
    /// <c>Redis:CertificateAuthorityFile</c> names the authority of its certificate; <see cref="HotStoreOptions"/> has the rest. The
    /// connection is made at first use; a service starts without Redis and is ready when it appears.
    /// </summary>
    /// <param name="builder">The service's builder.</param>
    /// <param name="required">Whether the service is of no use without it: then readiness follows it, otherwise it shows as degraded.</param>
    public static IHostApplicationBuilder AddHotStore(this IHostApplicationBuilder builder, bool required = true)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var configuration = builder.Configuration;
        builder.Services.AddOptions<HotStoreOptions>().BindConfiguration(HotStoreOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton(provider => new RedisConnection(
            () => configuration.GetConnectionString("redis"),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RedisConnection>>(),
            provider.GetRequiredService<IOptions<HotStoreOptions>>().Value.OperationDeadline,
            () => configuration[AuthorityFile]));
        builder.Services.TryAddSingleton<IHotStore, RedisHotStore>();
        builder.Services.AddHostedService(provider => new FirstConnection(configuration, provider.GetRequiredService<RedisConnection>()));
        builder.Services.AddHealthChecks().AddCheck<RedisHealthCheck>(
            "redis", required ? HealthStatus.Unhealthy : HealthStatus.Degraded, timeout: TimeSpan.FromSeconds(3));
        return builder;
    }

    // Refuses a start without the setting, and begins to connect before the first request needs it.
    private sealed class FirstConnection(IConfiguration configuration, RedisConnection connection) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (string.IsNullOrEmpty(configuration.GetConnectionString("redis")))
            {
                throw new StartupRefusedException("ConnectionStrings:redis is missing. It looks like: 127.0.0.1:6379,password=...");
            }

            if (configuration[AuthorityFile] is { Length: > 0 } file && !File.Exists(file))
            {
                throw new StartupRefusedException($"{AuthorityFile} is {file}, which is not there. It holds the certificate of the authority of Redis' certificate (PEM).");
            }

            connection.Begin();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class RedisHealthCheck(RedisConnection connection) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await connection.RunAsync(redis => redis.PingAsync(), cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (HotStoreUnavailableException)
            {
                return new HealthCheckResult(context.Registration.FailureStatus);
            }
        }
    }
}
