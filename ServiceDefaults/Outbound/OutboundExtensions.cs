using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.ServiceDefaults.Outbound;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what requests to servers outside are held to.</summary>
public static class OutboundExtensions
{
    /// <summary>Adds <see cref="OutboundGuard"/> with the settings of the section <c>Outbound</c>.</summary>
    public static IServiceCollection AddOutbound(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<OutboundOptions>().BindConfiguration(OutboundOptions.Section)
            .Validate(options => options.AllowedNetworks.All(network => AddressRange.TryParse(network, out _)), "Outbound:AllowedNetworks holds networks in CIDR notation, such as 10.20.0.0/16.")
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.TryAddSingleton<InternalAddresses>();
        services.TryAddSingleton<OutboundGuard>();
        return services;
    }
}
