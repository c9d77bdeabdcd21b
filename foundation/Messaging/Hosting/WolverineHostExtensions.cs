using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wolverine.Handlers;
using Wolverine.Postgresql;
using Wolverine.Runtime;
using Wolverine.Serialization;

namespace Wolverine;

/// <summary>Adds messaging to a host.</summary>
public static class WolverineHostExtensions
{
    /// <summary>Adds messaging; called again, it goes on configuring the same options.</summary>
    public static IHostBuilder UseWolverine(this IHostBuilder builder, Action<WolverineOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices((_, services) => services.AddWolverine(configure));
    }

    /// <inheritdoc cref="UseWolverine(IHostBuilder, Action{WolverineOptions}?)"/>
    public static IHostApplicationBuilder UseWolverine(this IHostApplicationBuilder builder, Action<WolverineOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddWolverine(configure);
        return builder;
    }

    /// <inheritdoc cref="UseWolverine(IHostBuilder, Action{WolverineOptions}?)"/>
    public static IServiceCollection AddWolverine(this IServiceCollection services, Action<WolverineOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.FirstOrDefault(s => s.ServiceType == typeof(WolverineOptions))?.ImplementationInstance is not WolverineOptions options)
        {
            options = new WolverineOptions();
            services.AddSingleton(options);
            AddRuntime(services);
        }

        configure?.Invoke(options);
        return services;
    }

    private static void AddRuntime(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(p => new MessageTypeNames(p.Options().Aliases));
        services.AddSingleton(p => new MessageSerializer(p.Options().Json, p.Options().MaximumMessageBytes));
        services.AddSingleton(p => new HandlerGraph(
            p.Options(), p.GetRequiredService<MessageTypeNames>(), p.GetRequiredService<IServiceProviderIsService>(), p.GetRequiredService<ILogger<HandlerGraph>>()));
        services.AddSingleton<MessageRouter>();

        services.AddSingleton(p => new QueueSql(p.Options().SchemaName));
        services.AddSingleton(p => new QueueStore(p.Database(), p.GetRequiredService<QueueSql>(), p.Options().Durability.CommandTimeout));
        services.AddSingleton(p => new NodeStore(p.Database(), p.Options().SchemaName, p.Options().Durability.CommandTimeout));
        services.AddSingleton(p => new SchemaInstaller(
            p.Database(), p.Options().SchemaName, p.Options().Durability, p.GetRequiredService<ILogger<SchemaInstaller>>()));
        services.AddSingleton(p => new WakeUps(p.Database(), p.Options().SchemaName, p.Options().Durability, p.GetRequiredService<ILogger<WakeUps>>()));
        services.AddSingleton<IDeadLetters>(p => new DeadLetters(
            p.Database(), p.Options().SchemaName, p.Options().Durability.CommandTimeout, p.GetRequiredService<WakeUps>()));

        services.AddSingleton<MessagePublisher>();
        services.AddSingleton<HandlerRunner>();
        services.AddSingleton<MessageInvoker>();
        services.AddSingleton<MessageProcessor>();
        services.AddSingleton<NodeAgent>();
        services.AddSingleton(p => new Housekeeper(p.GetRequiredService<NodeStore>(), p.Options().Durability, p.GetRequiredService<ILogger<Housekeeper>>()));
        services.AddSingleton<IHostedService>(p =>
        {
            var listeners = p.Options().Listeners.Values.Select(l => ActivatorUtilities.CreateInstance<QueueListener>(p, l)).ToArray();
            return ActivatorUtilities.CreateInstance<MessagingRuntime>(p, (IEnumerable<QueueListener>)listeners);
        });

        services.AddScoped<MessageContext>();
        services.AddScoped<IMessageContext>(p => p.GetRequiredService<MessageContext>());
        services.AddScoped<IMessageBus>(p => p.GetRequiredService<MessageContext>());
    }

    private static WolverineOptions Options(this IServiceProvider services) => services.GetRequiredService<WolverineOptions>();

    private static NpgsqlDataSource Database(this IServiceProvider services)
        => services.Options().DataSource ?? services.GetService<NpgsqlDataSource>() ?? throw new InvalidOperationException(
            "Messaging has no database: call opts.PersistMessagesWithPostgresql(...), or register an NpgsqlDataSource.");
}
