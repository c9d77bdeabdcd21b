using ManagedOAuth.ServiceDefaults.Countries;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what is known of countries.</summary>
public static class CountriesExtensions
{
    /// <summary>Adds <see cref="CountryFile"/> with the settings of the section <c>Geo</c>.</summary>
    public static IServiceCollection AddCountries(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<CountryOptions>().BindConfiguration(CountryOptions.Section);
        services.TryAddSingleton<CountryFile>();
        services.AddHostedService(provider => provider.GetRequiredService<CountryFile>());
        return services;
    }
}
