using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>One request, a stream of responses.</summary>
internal sealed class ServerStreamingServerCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    ServerStreamingServerMethod<TRequest, TResponse> handler,
    GrpcServerRuntime runtime) : ServerCallHandler(method, runtime)
    where TRequest : class
    where TResponse : class
{
    private readonly Method<TRequest, TResponse> _method = method;
    private readonly ServerStreamingServerMethod<TRequest, TResponse> _handler = InterceptorPipeline.Wrap(runtime.Options.Interceptors, handler);

    protected override async Task InvokeAsync(HttpContextServerCallContext call)
    {
        var request = await ServerMessageReader.ReadSingleAsync(
            call.HttpContext.Request.BodyReader, _method.RequestMarshaller, call.Options.MaxReceiveMessageSize, CancellationToken.None);
        var responses = new HttpContextStreamWriter<TResponse>(call, _method.ResponseMarshaller);
        try
        {
            await _handler(request, responses, call);
        }
        finally
        {
            responses.End();
        }
    }
}
