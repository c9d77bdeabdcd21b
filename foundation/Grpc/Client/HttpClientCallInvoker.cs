using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Starts calls over a channel.</summary>
internal sealed class HttpClientCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).GetAwaiter().GetResult();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new GrpcCall<TRequest, TResponse>(channel, method, options);
        return new AsyncUnaryCall<TResponse>(
            call.SingleResponseAsync(call.OpenAsync(request)),
            Call<TRequest, TResponse>.Headers,
            Call<TRequest, TResponse>.Status,
            Call<TRequest, TResponse>.Trailers,
            Call<TRequest, TResponse>.Dispose,
            call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new GrpcCall<TRequest, TResponse>(channel, method, options);
        return new AsyncServerStreamingCall<TResponse>(
            new ClientStreamReader<TRequest, TResponse>(call, call.OpenAsync(request)),
            Call<TRequest, TResponse>.Headers,
            Call<TRequest, TResponse>.Status,
            Call<TRequest, TResponse>.Trailers,
            Call<TRequest, TResponse>.Dispose,
            call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new GrpcCall<TRequest, TResponse>(channel, method, options);
        var content = new StreamingRequestContent();
        var response = call.SingleResponseAsync(call.OpenAsync(content));
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            new ClientStreamWriter<TRequest, TResponse>(call, content, settled: response),
            response,
            Call<TRequest, TResponse>.Headers,
            Call<TRequest, TResponse>.Status,
            Call<TRequest, TResponse>.Trailers,
            Call<TRequest, TResponse>.Dispose,
            call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new GrpcCall<TRequest, TResponse>(channel, method, options);
        var content = new StreamingRequestContent();
        var opening = call.OpenAsync(content);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            new ClientStreamWriter<TRequest, TResponse>(call, content, settled: opening),
            new ClientStreamReader<TRequest, TResponse>(call, opening),
            Call<TRequest, TResponse>.Headers,
            Call<TRequest, TResponse>.Status,
            Call<TRequest, TResponse>.Trailers,
            Call<TRequest, TResponse>.Dispose,
            call);
    }

    /// <summary>The questions that the call types ask, as delegates made once per method's types.</summary>
    private static class Call<TRequest, TResponse>
        where TRequest : class
        where TResponse : class
    {
        public static readonly Func<object?, Task<Metadata>> Headers = static call => ((GrpcCall<TRequest, TResponse>)call!).ResponseHeadersAsync;
        public static readonly Func<object?, Status> Status = static call => ((GrpcCall<TRequest, TResponse>)call!).GetStatus();
        public static readonly Func<object?, Metadata> Trailers = static call => ((GrpcCall<TRequest, TResponse>)call!).GetTrailers();
        public static readonly Action<object?> Dispose = static call => ((GrpcCall<TRequest, TResponse>)call!).Dispose();
    }
}
