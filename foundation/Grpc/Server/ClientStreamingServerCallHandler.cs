using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>A stream of requests, one response.</summary>
internal sealed class ClientStreamingServerCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    ClientStreamingServerMethod<TRequest, TResponse> handler,
    GrpcServerRuntime runtime) : ServerCallHandler(method, runtime)
    where TRequest : class
    where TResponse : class
{
    private readonly Method<TRequest, TResponse> _method = method;
    private readonly ClientStreamingServerMethod<TRequest, TResponse> _handler = InterceptorPipeline.Wrap(runtime.Options.Interceptors, handler);

    protected override async Task InvokeAsync(HttpContextServerCallContext call)
    {
        var requests = new HttpContextStreamReader<TRequest>(call, _method.RequestMarshaller);
        await SingleResponse.WriteAsync(call, _method.ResponseMarshaller, await _handler(requests, call));
    }
}
