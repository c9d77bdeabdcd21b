using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Puts the registered interceptors around a handler. Built once per method; the first registered sees a call first.</summary>
internal static class InterceptorPipeline
{
    public static UnaryServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        InterceptorCollection interceptors, UnaryServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(handler, (next, registration) => (request, context) =>
            registration.Activate(context.GetHttpContext()).UnaryServerHandler(request, context, next));

    public static ServerStreamingServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        InterceptorCollection interceptors, ServerStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(handler, (next, registration) => (request, responses, context) =>
            registration.Activate(context.GetHttpContext()).ServerStreamingServerHandler(request, responses, context, next));

    public static ClientStreamingServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        InterceptorCollection interceptors, ClientStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(handler, (next, registration) => (requests, context) =>
            registration.Activate(context.GetHttpContext()).ClientStreamingServerHandler(requests, context, next));

    public static DuplexStreamingServerMethod<TRequest, TResponse> Wrap<TRequest, TResponse>(
        InterceptorCollection interceptors, DuplexStreamingServerMethod<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class => interceptors.Reverse().Aggregate(handler, (next, registration) => (requests, responses, context) =>
            registration.Activate(context.GetHttpContext()).DuplexStreamingServerHandler(requests, responses, context, next));
}
