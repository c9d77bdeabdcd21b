using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Net.ClientFactory;

/// <summary>Clients over the channels of the process; interceptors of client scope come from the scope that asks.</summary>
internal sealed class DefaultGrpcClientFactory(IServiceProvider services, ClientChannels channels) : GrpcClientFactory
{
    public override TClient CreateClient<TClient>(string name)
    {
        var (invoker, options) = channels.Get(name);
        Interceptor[] interceptors =
        [
            .. options.InterceptorRegistrations
                .Where(registration => registration.Scope == InterceptorScope.Client)
                .Select(registration => registration.Creator(services)),
        ];
        return Activator<TClient>.Create(services, [invoker.Intercept(interceptors)]);
    }

    private static class Activator<TClient>
        where TClient : class
    {
        public static readonly ObjectFactory<TClient> Create = ActivatorUtilities.CreateFactory<TClient>([typeof(CallInvoker)]);
    }
}
