using ManagedOAuth.ServiceDefaults.Startup;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers start-up work.</summary>
public static class StartupExtensions
{
    /// <summary>Adds a step that must be done before the service is ready; steps run in this order.</summary>
    public static IServiceCollection AddStartupStep<TStep>(this IServiceCollection services)
        where TStep : class, IStartupStep => services.AddSingleton<IStartupStep, TStep>();

    /// <summary>
    /// Lets the hosted services that <paramref name="add"/> registers start after the start-up steps instead of with the host:
    /// for those that need the database and would end the process without it.
    /// </summary>
    public static IServiceCollection AddAfterStartupSteps(this IServiceCollection services, Action<IServiceCollection> add)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(add);
        var before = services.Count;
        add(services);
        for (var i = before; i < services.Count; i++)
        {
            if (services[i].ServiceType == typeof(IHostedService))
            {
                // As two registrations: the host starts and stops it, the runner finds it.
                var deferred = new Holder(Factory(services[i]));
                services[i] = ServiceDescriptor.Singleton<IHostedService>(deferred.Get);
                services.AddSingleton(deferred.Get);
            }
        }

        return services;
    }

    internal static void AddStartupSteps(this IServiceCollection services)
    {
        services.AddSingleton<StartupGate>();
        services.AddHostedService<StartupRunner>();
        services.AddTransient<IStartupFilter, NotReadyFilter>();
    }

    private static Func<IServiceProvider, IHostedService> Factory(ServiceDescriptor descriptor) => descriptor switch
    {
        { ImplementationFactory: { } factory } => services => (IHostedService)factory(services),
        { ImplementationInstance: IHostedService instance } => _ => instance,
        { ImplementationType: { } type } => services => (IHostedService)ActivatorUtilities.CreateInstance(services, type),
        _ => throw new NotSupportedException("A keyed hosted service cannot be deferred."),
    };

    private sealed class Holder(Func<IServiceProvider, IHostedService> create)
    {
        private readonly Lock _lock = new();
        private DeferredService? _service;

        public DeferredService Get(IServiceProvider services)
        {
            lock (_lock)
            {
                return _service ??= new DeferredService(create, services);
            }
        }
    }
}
