using Marten.Events.Daemon;
using Marten.Schema;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Marten;

/// <summary>Registers a store.</summary>
public static class MartenServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="IDocumentStore"/> (one), <see cref="IDocumentSession"/> and <see cref="IQuerySession"/> (per scope).
    /// Without <see cref="StoreOptions.Connection(NpgsqlDataSource)"/> the container's <see cref="NpgsqlDataSource"/> is used.
    /// </summary>
    public static MartenConfigurationExpression AddMarten(this IServiceCollection services, Action<StoreOptions> configure) =>
        services.AddMarten((_, options) => configure(options));

    /// <inheritdoc cref="AddMarten(IServiceCollection, Action{StoreOptions})"/>
    public static MartenConfigurationExpression AddMarten(this IServiceCollection services, Action<IServiceProvider, StoreOptions> configure)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IDocumentStore>(provider =>
        {
            var options = new StoreOptions();
            configure(provider, options);
            foreach (var more in provider.GetServices<IConfigureMarten>())
            {
                more.Configure(provider, options);
            }

            if (options.DataSource is null && provider.GetService<NpgsqlDataSource>() is { } shared)
            {
                options.Connection(shared);
            }

            return new DocumentStore(options, provider.GetRequiredService<TimeProvider>(), provider.GetService<ILoggerFactory>());
        });
        services.AddScoped(provider => provider.GetRequiredService<IDocumentStore>().LightweightSession());
        services.AddScoped(provider => provider.GetRequiredService<IDocumentStore>().QuerySession());
        return new MartenConfigurationExpression(services);
    }

    /// <summary>Adds to the configuration of the store, so that a feature can declare its own events and documents.</summary>
    public static IServiceCollection ConfigureMarten(this IServiceCollection services, Action<StoreOptions> configure) =>
        services.AddSingleton<IConfigureMarten>(new ConfigureByAction(configure));

    private sealed class ConfigureByAction(Action<StoreOptions> configure) : IConfigureMarten
    {
        public void Configure(IServiceProvider services, StoreOptions options) => configure(options);
    }
}

/// <summary>A further part of the store's configuration.</summary>
public interface IConfigureMarten
{
    /// <summary>Called once, after the main configuration.</summary>
    void Configure(IServiceProvider services, StoreOptions options);
}

/// <summary>What <c>AddMarten</c> returns.</summary>
public sealed class MartenConfigurationExpression
{
    internal MartenConfigurationExpression(IServiceCollection services) => Services = services;

    /// <summary>The container being built.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Creates or upgrades the tables before the host starts anything that was registered later.</summary>
    public MartenConfigurationExpression ApplyAllDatabaseChangesOnStartup()
    {
        Services.AddSingleton<IHostedService, SchemaStartup>();
        return this;
    }

    /// <summary>Runs asynchronous projections in this process.</summary>
    public MartenConfigurationExpression AddAsyncDaemon(DaemonMode mode)
    {
        if (mode != DaemonMode.Disabled)
        {
            Services.AddSingleton<IHostedService>(provider => new ProjectionDaemon(
                (DocumentStore)provider.GetRequiredService<IDocumentStore>(), mode));
        }

        return this;
    }
}
