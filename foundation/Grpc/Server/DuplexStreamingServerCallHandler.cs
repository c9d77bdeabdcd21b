using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>A stream of requests and a stream of responses, independent of each other.</summary>
internal sealed class DuplexStreamingServerCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    DuplexStreamingServerMethod<TRequest, TResponse> handler,
    GrpcServerRuntime runtime) : ServerCallHandler(method, runtime)
    where TRequest : class
    where TResponse : class
{
    private readonly Method<TRequest, TResponse> _method = method;
    private readonly DuplexStreamingServerMethod<TRequest, TResponse> _handler = InterceptorPipeline.Wrap(runtime.Options.Interceptors, handler);

    protected override async Task InvokeAsync(HttpContextServerCallContext call)
    {
        var requests = new HttpContextStreamReader<TRequest>(call, _method.RequestMarshaller);
        var responses = new HttpContextStreamWriter<TResponse>(call, _method.ResponseMarshaller);
        try
        {
            await _handler(requests, responses, call);
        }
        finally
        {
            responses.End();
        }
    }
}
