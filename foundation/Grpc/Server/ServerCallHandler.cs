using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// One mapped method. Steps of a call: 1 refuse what is not gRPC over HTTP/2; 2 start the deadline; 3 read, call the handler, write
/// (<see cref="InvokeAsync"/>); 4 map what was thrown to a status; 5 end the call with trailers and status.
/// </summary>
internal abstract class ServerCallHandler(IMethod method, GrpcServerRuntime runtime)
{
    protected GrpcServerRuntime Runtime { get; } = runtime;

    public Task HandleAsync(HttpContext http) =>
        ServerProtocol.TryAccept(http, Runtime.Logger) ? RunAsync(http) : Task.CompletedTask;

    protected abstract Task InvokeAsync(HttpContextServerCallContext call);

    /// <summary>A stream lasts as long as it lasts: limits on the duration and size of a request are for unary calls.</summary>
    private void LiftRequestLimits(HttpContext http)
    {
        if (method.Type != MethodType.Unary && http.GetEndpoint()?.Metadata.GetMetadata<RequestTimeoutAttribute>() is null)
        {
            http.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        }

        if (method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming)
        {
            if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            {
                rate.MinDataRate = null;
            }

            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            {
                size.MaxRequestBodySize = null;
            }
        }
    }

    private async Task RunAsync(HttpContext http)
    {
        var call = new HttpContextServerCallContext(http, method, Runtime);
        http.Features.Set<IServerCallContextFeature>(call);
        http.Response.ContentType = GrpcContentType.Value;
        var activity = http.Features.Get<IHttpActivityFeature>()?.Activity;
        activity?.SetTag("grpc.method", method.FullName);
        LiftRequestLimits(http);
        Status status;
        try
        {
            ServerProtocol.RefuseCompression(http);
            call.Start();
            await InvokeAsync(call);
            status = call.Status;
        }
        catch (Exception exception)
        {
            // The edge of the handler: whatever it threw becomes the status of this one call.
            status = ServerErrors.ToStatus(call, exception);
        }

        var code = await EndAsync(call, status);
        activity?.SetTag("grpc.status_code", StatusHeader.Encode(code));
    }

    private async ValueTask<StatusCode> EndAsync(HttpContextServerCallContext call, Status status)
    {
        try
        {
            return await call.EndAsync(status);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // The handler's trailers cannot be sent. Without a status the client would wait for nothing, so the stream is reset.
            ServerLog.HandlerFailed(Runtime.Logger, exception, method.FullName);
            call.HttpContext.Abort();
            return StatusCode.Internal;
        }
    }
}
