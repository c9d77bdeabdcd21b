using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>One request, one response.</summary>
internal sealed class UnaryServerCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    UnaryServerMethod<TRequest, TResponse> handler,
    GrpcServerRuntime runtime) : ServerCallHandler(method, runtime)
    where TRequest : class
    where TResponse : class
{
    private readonly Method<TRequest, TResponse> _method = method;
    private readonly UnaryServerMethod<TRequest, TResponse> _handler = InterceptorPipeline.Wrap(runtime.Options.Interceptors, handler);

    protected override async Task InvokeAsync(HttpContextServerCallContext call)
    {
        var http = call.HttpContext;
        var request = await ServerMessageReader.ReadSingleAsync(
            http.Request.BodyReader, _method.RequestMarshaller, call.Options.MaxReceiveMessageSize, CancellationToken.None);
        var response = await _handler(request, call);
        await SingleResponse.WriteAsync(call, _method.ResponseMarshaller, response);
    }
}
