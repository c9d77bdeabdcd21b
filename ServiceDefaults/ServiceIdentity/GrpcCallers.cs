using System.Collections.Frozen;
using Grpc.AspNetCore.Server;
using ManagedOAuth.ServiceDefaults.Startup;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>
/// Who may call which gRPC method. Filled once, before the server listens, from what the service has mapped; a method that
/// nobody marked ends the start there.
/// </summary>
internal sealed class GrpcCallers(MappedEndpoints endpoints) : IHostedService
{
    // Answers the status of a name and nothing else, and the balancers of peers ask it before they have a credential.
    private const string HealthService = "/grpc.health.v1.Health/";

    private FrozenDictionary<string, AllowedCallersAttribute>? _methods;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (endpoints.Routes is not { } routes)
        {
            throw new StartupRefusedException("app.MapDefaultEndpoints() was not called, so the callers of gRPC methods cannot be checked.");
        }

        var methods = new Dictionary<string, AllowedCallersAttribute>(StringComparer.Ordinal);
        var unmarked = new List<string>();
        foreach (var endpoint in routes.BuildEndpoints())
        {
            if (endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not { } method || IsHealth(method.Method.FullName))
            {
                continue;
            }

            if (endpoint.Metadata.GetMetadata<AllowedCallersAttribute>() is { Services.Count: > 0 } allowed)
            {
                methods[method.Method.FullName] = allowed;
            }
            else
            {
                unmarked.Add(method.Method.FullName);
            }
        }

        if (unmarked.Count > 0)
        {
            throw new StartupRefusedException(
                $"These gRPC methods have no [AllowedCallers(...)], so nobody says who may call them: {string.Join(", ", unmarked)}.");
        }

        _methods = methods.ToFrozenDictionary(StringComparer.Ordinal);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public static bool IsHealth(string method) => method.StartsWith(HealthService, StringComparison.Ordinal);

    /// <summary>False for a method that is not known byte for byte, whatever routing made of its spelling.</summary>
    public bool Allows(string method, string caller) =>
        _methods is { } methods && methods.TryGetValue(method, out var allowed) && allowed.Allows(caller);
}
