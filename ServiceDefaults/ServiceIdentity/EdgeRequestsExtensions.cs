using ManagedOAuth.ServiceDefaults.Health;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Lets only Edge speak to a service's HTTP endpoint.</summary>
public static class EdgeRequestsExtensions
{
    private const string Edge = "edge";

    /// <summary>
    /// Verifies Edge's credential on every HTTP/1.1 request and sets the feature <see cref="EdgeRequest"/>; anything else
    /// is answered 403, health on the private endpoint and gRPC calls (which have their own check) excepted.
    /// </summary>
    public static IApplicationBuilder UseEdgeRequests(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var verifier = app.ApplicationServices.GetRequiredService<ServiceCredentialVerifier>();
        return app.Use(async (context, next) =>
        {
            if (HealthExtensions.IsHealthRequest(context) || IsGrpc(context))
            {
                await next(context);
                return;
            }

            var values = context.Request.Headers[ServiceCredential.Header];
            var caller = values.Count == 1 ? await verifier.VerifyAsync(values[0]) : null;
            if (caller != Edge || EdgeRequestHeaders.Read(context) is not { } facts)
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return;
            }

            context.Features.Set(facts);
            await next(context);
        });
    }

    /// <summary>What Edge vouches for about this request.</summary>
    /// <exception cref="InvalidOperationException">The request did not pass <see cref="UseEdgeRequests"/>.</exception>
    public static EdgeRequest GetEdgeRequest(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<EdgeRequest>() ?? throw new InvalidOperationException("This request did not come through UseEdgeRequests.");
    }

    // Decided by the endpoint that routing chose and not by a content type, which the caller chooses.
    private static bool IsGrpc(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<global::Grpc.AspNetCore.Server.GrpcMethodMetadata>() is not null;
}
