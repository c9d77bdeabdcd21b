using Grpc.AspNetCore.Server;
using Grpc.Core;
using ManagedOAuth.ServiceDefaults;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>Service identity on both sides of a call.</summary>
public static class ServiceIdentityExtensions
{
    /// <summary>
    /// A gRPC client of a peer: address <c>http://_grpc.{service}</c> (balanced over its replicas), this service's
    /// credential on every call, the deadline of <see cref="ServiceCallOptions"/> on unary calls that set none.
    /// </summary>
    /// <typeparam name="TClient">The generated client.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="service">The peer's name; also the audience of the credential.</param>
    public static IHttpClientBuilder AddServiceClient<TClient>(this IServiceCollection services, string service)
        where TClient : ClientBase =>
        services
            .AddGrpcClient<TClient>((provider, options) =>
            {
                options.Address = new Uri($"http://_grpc.{service}");
                options.DefaultDeadline = provider.GetRequiredService<IOptions<ServiceCallOptions>>().Value.Deadline;
            })
            .AddInterceptor(provider => new ServiceCredentialInterceptor(provider.GetRequiredService<ServiceCredentials>(), service));

    internal static void AddServiceIdentity(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IValidateOptions<ServiceIdentityOptions>, ServiceIdentityOptionsValidator>();
        builder.Services.AddOptions<ServiceIdentityOptions>()
            .Bind(builder.Configuration.GetSection(ServiceIdentityOptions.Section))
            .ValidateOnStart();
        builder.Services.AddOptions<ServiceCallOptions>().BindConfiguration(ServiceCallOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<ServiceCredentials>();
        builder.Services.AddSingleton<TrustedServiceKeys>();
        builder.Services.AddSingleton(provider => new ServiceCredentialVerifier(
            provider.GetRequiredService<ServiceName>(),
            provider.GetRequiredService<TrustedServiceKeys>(),
            provider.GetRequiredService<TimeProvider>()));

        builder.Services.AddSingleton<MappedEndpoints>();
        builder.Services.AddSingleton<GrpcCallers>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<GrpcCallers>());

        // Through the options and not at AddGrpc, so that no service can map a method and forget the check.
        builder.Services.AddSingleton<ServiceIdentityInterceptor>();
        builder.Services.Configure<GrpcServiceOptions>(options => options.Interceptors.Add<ServiceIdentityInterceptor>());

        // Reads this service's own key at start: a bad file is a refusal there and not at the first call.
        builder.Services.AddHostedService<OwnKeyCheck>();
    }

    private sealed class OwnKeyCheck(ServiceCredentials credentials, ServiceName service) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = credentials.For(service.Value);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
