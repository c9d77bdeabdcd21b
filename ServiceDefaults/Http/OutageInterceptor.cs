using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.ServiceDefaults.Http;

/// <summary>
/// What <see cref="ProblemResponses"/> does for HTTP, for gRPC methods: an outage is UNAVAILABLE and a lost race ABORTED instead of
/// UNKNOWN, so that a caller can tell "come again" from a bug.
/// </summary>
internal sealed partial class OutageInterceptor(ILogger<OutageInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception exception) when (StatusOf(exception) is not null)
        {
            throw Translate(exception, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception exception) when (StatusOf(exception) is not null)
        {
            throw Translate(exception, context);
        }
    }

    // A handler's own RpcException about this call stands as it is; one that came from its peer is no statement about it, but
    // nothing tells them apart, and both of these statuses mean the same to our caller.
    private static Status? StatusOf(Exception exception) => exception switch
    {
        RpcException => null,
        _ when Outages.Is(exception) => new Status(StatusCode.Unavailable, "A dependency is away. Try again."),
        _ when Outages.IsConflict(exception) => new Status(StatusCode.Aborted, "Another writer was faster. Try again."),
        _ => null,
    };

    private RpcException Translate(Exception exception, ServerCallContext context)
    {
        var status = StatusOf(exception)!.Value;
        Log.Translated(logger, context.Method, status.StatusCode, exception.GetType().Name, exception.Message);
        return new RpcException(status);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Method} answered {Status}: {Error}: {Message}", EventName = "GrpcOutage")]
        public static partial void Translated(ILogger logger, string method, StatusCode status, string error, string message);
    }
}
