using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// Receives the methods of a service from generated code and makes an endpoint of each. The handler is a delegate on the service class
/// without an instance: the instance is made per call.
/// </summary>
internal sealed class ServiceMethodBinder<TService>(IEndpointRouteBuilder endpoints, GrpcServerRuntime runtime) : ServiceBinderBase
    where TService : class
{
    private readonly List<IEndpointConventionBuilder> _mapped = [];

    public IReadOnlyList<IEndpointConventionBuilder> Mapped => _mapped;

    /// <summary>The full names of the services whose methods were mapped.</summary>
    public HashSet<string> ServiceNames { get; } = [];

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var target = Find(method, typeof(TRequest), typeof(ServerCallContext));
        var open = target.CreateDelegate<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>();
        UnaryServerMethod<TRequest, TResponse> call = (request, context) =>
            open(CallActivation.Service<TService>(context.GetHttpContext()), request, context);
        Map(method, target, new UnaryServerCallHandler<TRequest, TResponse>(method, call, runtime));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var target = Find(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var open = target.CreateDelegate<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        ServerStreamingServerMethod<TRequest, TResponse> call = (request, responses, context) =>
            open(CallActivation.Service<TService>(context.GetHttpContext()), request, responses, context);
        Map(method, target, new ServerStreamingServerCallHandler<TRequest, TResponse>(method, call, runtime));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var target = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        var open = target.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>();
        ClientStreamingServerMethod<TRequest, TResponse> call = (requests, context) =>
            open(CallActivation.Service<TService>(context.GetHttpContext()), requests, context);
        Map(method, target, new ClientStreamingServerCallHandler<TRequest, TResponse>(method, call, runtime));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var target = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var open = target.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        DuplexStreamingServerMethod<TRequest, TResponse> call = (requests, responses, context) =>
            open(CallActivation.Service<TService>(context.GetHttpContext()), requests, responses, context);
        Map(method, target, new DuplexStreamingServerCallHandler<TRequest, TResponse>(method, call, runtime));
    }

    private static MethodInfo Find(IMethod method, params Type[] parameters) =>
        typeof(TService).GetMethod(method.Name, BindingFlags.Instance | BindingFlags.Public, parameters)
        ?? throw new InvalidOperationException($"{typeof(TService)} has no method {method.Name} for {method.FullName}.");

    private void Map(IMethod method, MethodInfo target, ServerCallHandler handler)
    {
        var endpoint = endpoints.MapMethods(method.FullName, ["POST"], handler.HandleAsync).WithDisplayName($"gRPC - {method.FullName}");
        endpoint.Add(builder =>
        {
            builder.Metadata.Add(new GrpcMethodMetadata(typeof(TService), method));
            foreach (var attribute in typeof(TService).GetCustomAttributes(inherit: true).Concat(target.GetCustomAttributes(inherit: true)))
            {
                builder.Metadata.Add(attribute);
            }
        });
        _mapped.Add(endpoint);
        ServiceNames.Add(method.ServiceName);
    }
}
