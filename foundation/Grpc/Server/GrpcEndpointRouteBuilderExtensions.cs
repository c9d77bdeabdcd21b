using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>Serves a class that derives from a generated service base: one POST endpoint per method.</summary>
    /// <exception cref="InvalidOperationException"><c>AddGrpc</c> was not called, or the class is no gRPC service.</exception>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder endpoints)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var runtime = endpoints.ServiceProvider.GetService<GrpcServerRuntime>()
            ?? throw new InvalidOperationException("Unable to find the required services: call services.AddGrpc() first.");
        var binder = new ServiceMethodBinder<TService>(endpoints, runtime);
        BindMethod(typeof(TService)).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [binder, null], null);
        foreach (var service in binder.ServiceNames)
        {
            UnimplementedEndpoints.MapMethods(endpoints, service, runtime);
        }

        if (!runtime.UnknownServicesMapped && runtime.Options.IgnoreUnknownServices != true)
        {
            runtime.UnknownServicesMapped = true;
            UnimplementedEndpoints.MapServices(endpoints, runtime);
        }

        ServerLog.ServiceMapped(runtime.Logger, typeof(TService), binder.Mapped.Count);
        return new GrpcServiceEndpointConventionBuilder(binder.Mapped);
    }

    private static MethodInfo BindMethod(Type serviceType)
    {
        for (var type = serviceType; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } bind)
            {
                return bind.BindType.GetMethod(bind.BindMethodName, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, [typeof(ServiceBinderBase), type])
                    ?? throw new InvalidOperationException($"{bind.BindType} has no {bind.BindMethodName} for {type}.");
            }
        }

        throw new InvalidOperationException($"{serviceType} does not derive from a generated gRPC service base.");
    }
}
