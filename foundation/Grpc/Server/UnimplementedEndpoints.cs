using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server;

/// <summary>Answers UNIMPLEMENTED, and not 404, to calls of methods and services that do not exist.</summary>
internal static class UnimplementedEndpoints
{
    public static IEndpointConventionBuilder MapMethods(IEndpointRouteBuilder endpoints, string serviceName, GrpcServerRuntime runtime) =>
        Map(endpoints, $"{serviceName}/{{unimplementedMethod:{GrpcRequestConstraint.Name}}}", "Method is unimplemented.", runtime);

    public static IEndpointConventionBuilder MapServices(IEndpointRouteBuilder endpoints, GrpcServerRuntime runtime) =>
        Map(endpoints, $"{{unimplementedService}}/{{unimplementedMethod:{GrpcRequestConstraint.Name}}}", "Service is unimplemented.", runtime);

    private static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string pattern, string detail, GrpcServerRuntime runtime)
    {
        var endpoint = endpoints.MapMethods(pattern, ["POST"], http =>
        {
            if (ServerProtocol.TryAccept(http, runtime.Logger))
            {
                http.Response.ContentType = GrpcContentType.Value;
                http.Response.Headers[StatusHeader.Name] = StatusHeader.Encode(StatusCode.Unimplemented);
                http.Response.Headers[StatusMessage.Header] = detail;
            }

            return Task.CompletedTask;
        });
        return endpoint.WithDisplayName($"gRPC - {detail}");
    }
}
