using ManagedOAuth.ServiceDefaults;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the keys at rest.</summary>
public static class KeysAtRestExtensions
{
    /// <summary>
    /// Adds <see cref="ISecretBox"/> and puts Data Protection's key ring into this service's schema, both under the master key
    /// of <c>KeysAtRest:MasterKeyFile</c>. Needs <c>AddServiceStore</c>, and whatever else adds Data Protection, before it. They open during start-up: background work
    /// waits for the <c>StartupGate</c>, requests before that are answered 503.
    /// </summary>
    public static IHostApplicationBuilder AddKeysAtRest(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.Configure<KeysAtRestOptions>(builder.Configuration.GetSection(KeysAtRestOptions.Section));
        services.AddSingleton(provider => MasterKeys.Read(provider.GetRequiredService<IOptions<KeysAtRestOptions>>().Value));
        services.AddSingleton<SecretBox>();
        services.AddSingleton<ISecretBox>(provider => provider.GetRequiredService<SecretBox>());
        services.AddHostedService<MasterKeyCheck>();
        services.AddStartupStep<DataKeys>();

        services.AddSingleton<DataProtectionKeyRing>();
        services.AddDataProtection();
        services.AddOptions<DataProtectionOptions>().Configure<ServiceName>((options, service) => options.ApplicationDiscriminator = service.Value);
        services.AddOptions<KeyManagementOptions>().Configure<DataProtectionKeyRing, ISecretBox>((options, ring, box) =>
        {
            options.XmlRepository = ring;
            options.XmlEncryptor = new SealedXmlEncryptor(box);
        });
        services.AddStartupStep<FirstDataProtectionKey>();
        RemoveEarlyLoading(services);
        return builder;
    }

    // The framework reads the ring as the host starts, when the database may not be there and the first key not be made.
    // It would log an error for nothing; the ring is read at first use just as well.
    private static void RemoveEarlyLoading(IServiceCollection services)
    {
        for (var i = services.Count - 1; i >= 0; i--)
        {
            if (services[i].ServiceType == typeof(IHostedService)
                && services[i].ImplementationType?.FullName == "Microsoft.AspNetCore.DataProtection.Internal.DataProtectionHostedService")
            {
                services.RemoveAt(i);
            }
        }
    }

    // Reads the files as the host starts: a bad one is refused there, database or not.
    private sealed class MasterKeyCheck(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = services.GetRequiredService<MasterKeys>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
