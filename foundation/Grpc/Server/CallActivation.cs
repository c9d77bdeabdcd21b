using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Objects that live for one call: a registered service, or a new object that is disposed with the request.</summary>
internal static class CallActivation
{
    public static T DisposeWithRequest<T>(HttpContext http, T instance)
        where T : class
    {
        if (instance is IAsyncDisposable asyncDisposable)
        {
            http.Response.RegisterForDisposeAsync(asyncDisposable);
        }
        else if (instance is IDisposable disposable)
        {
            http.Response.RegisterForDispose(disposable);
        }

        return instance;
    }

    /// <summary>The service class itself.</summary>
    public static TService Service<TService>(HttpContext http)
        where TService : class =>
        http.RequestServices.GetService<TService>()
        ?? DisposeWithRequest(http, Factory<TService>.Create(http.RequestServices, []));

    private static class Factory<TService>
    {
        public static readonly ObjectFactory<TService> Create = ActivatorUtilities.CreateFactory<TService>([]);
    }
}
