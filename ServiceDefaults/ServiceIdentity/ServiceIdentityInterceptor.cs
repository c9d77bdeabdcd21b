using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>
/// Stands before every gRPC method: UNAUTHENTICATED without a credential that proves a service's name,
/// PERMISSION_DENIED when that service is not in the method's <see cref="AllowedCallersAttribute"/>.
/// </summary>
internal sealed partial class ServiceIdentityInterceptor(
    ServiceCredentialVerifier verifier, GrpcCallers callers, ILogger<ServiceIdentityInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        return await continuation(request, context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        await continuation(request, responseStream, context);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        return await continuation(requestStream, context);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        await continuation(requestStream, responseStream, context);
    }

    private async ValueTask AdmitAsync(ServerCallContext context)
    {
        if (GrpcCallers.IsHealth(context.Method))
        {
            return;
        }

        var caller = await verifier.VerifyAsync(Credential(context.RequestHeaders));
        if (caller is null)
        {
            Log.Unauthenticated(logger, context.Method, context.Peer);
            throw new RpcException(new Status(StatusCode.Unauthenticated, "A service credential is required."));
        }

        if (!callers.Allows(context.Method, caller))
        {
            Log.Denied(logger, context.Method, caller);
            throw new RpcException(new Status(StatusCode.PermissionDenied, $"{caller} may not call this method."));
        }

        context.UserState[ServiceCallerExtensions.Key] = caller;
    }

    // Two credentials are none: which of them would be the one that was checked?
    private static string? Credential(Metadata headers)
    {
        string? found = null;
        foreach (var entry in headers)
        {
            if (entry.Key == ServiceCredential.Header)
            {
                if (found is not null)
                {
                    return null;
                }

                found = entry.Value;
            }
        }

        return found;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Refused {Method} from {Peer}: no valid service credential", EventName = "CallerUnauthenticated")]
        public static partial void Unauthenticated(ILogger logger, string method, string peer);

        [LoggerMessage(2, LogLevel.Warning, "Refused {Method}: {Caller} is not among its callers", EventName = "CallerDenied")]
        public static partial void Denied(ILogger logger, string method, string caller);
    }
}
