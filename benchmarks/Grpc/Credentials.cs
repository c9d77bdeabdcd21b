using Grpc.Core;
using Grpc.Core.Interceptors;

namespace ManagedOAuth.Benchmarks;

/// <summary>Sends a header of a credential's size with every call, as a service does.</summary>
internal sealed class CredentialSource : Interceptor
{
    internal static readonly string Credential = new('c', 300);

    private static readonly Metadata s_headers = new() { { "x-credential", Credential } };

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, new(context.Method, context.Host, context.Options.WithHeaders(s_headers)));
}

/// <summary>Refuses calls without it.</summary>
internal sealed class CredentialCheck : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        context.RequestHeaders.GetValue("x-credential") == CredentialSource.Credential
            ? continuation(request, context)
            : throw new RpcException(new Status(StatusCode.Unauthenticated, "No credential."));
}
