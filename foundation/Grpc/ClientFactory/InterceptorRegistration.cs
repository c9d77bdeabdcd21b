using Grpc.Core.Interceptors;

namespace Grpc.Net.ClientFactory;

/// <summary>One client interceptor: how it is made and how long it lives.</summary>
public sealed class InterceptorRegistration
{
    public InterceptorRegistration(InterceptorScope scope, Func<IServiceProvider, Interceptor> creator)
    {
        ArgumentNullException.ThrowIfNull(creator);
        Scope = scope;
        Creator = creator;
    }

    public InterceptorScope Scope { get; }

    internal Func<IServiceProvider, Interceptor> Creator { get; }
}
