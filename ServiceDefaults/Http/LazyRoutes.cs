using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

// The namespace that encloses every service's, so that these stand before the framework's methods of the same names.
namespace ManagedOAuth;

/// <summary>
/// The framework's methods for mapping a handler, but what calls the handler is compiled at the route's first request. The
/// framework compiles it when the routes are built: two methods of optimized code for each of some hundred routes, most of which a
/// process is never asked for, and a third of the time until the admin API is ready. Parameters and metadata are still looked at
/// when the routes are built, so a handler that cannot be called stops the start.
/// </summary>
public static class LazyRoutes
{
    private static readonly string[] s_get = [HttpMethods.Get];
    private static readonly string[] s_post = [HttpMethods.Post];
    private static readonly string[] s_put = [HttpMethods.Put];
    private static readonly string[] s_patch = [HttpMethods.Patch];
    private static readonly string[] s_delete = [HttpMethods.Delete];

    /// <summary>Maps GET.</summary>
    public static RouteHandlerBuilder MapGet(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) => routes.MapMethods(pattern, s_get, handler);

    /// <summary>Maps POST.</summary>
    public static RouteHandlerBuilder MapPost(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) => routes.MapMethods(pattern, s_post, handler);

    /// <summary>Maps PUT.</summary>
    public static RouteHandlerBuilder MapPut(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) => routes.MapMethods(pattern, s_put, handler);

    /// <summary>Maps PATCH.</summary>
    public static RouteHandlerBuilder MapPatch(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) => routes.MapMethods(pattern, s_patch, handler);

    /// <summary>Maps DELETE.</summary>
    public static RouteHandlerBuilder MapDelete(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, Delegate handler) => routes.MapMethods(pattern, s_delete, handler);

    /// <summary>Maps the given methods.</summary>
    public static RouteHandlerBuilder MapMethods(this IEndpointRouteBuilder routes, [StringSyntax("Route")] string pattern, IEnumerable<string> methods, Delegate handler)
        => RouteHandlerServices.Map(routes, pattern, handler, methods, RequestDelegateFactory.InferMetadata, CreateAtFirstRequest);

    private static RequestDelegateResult CreateAtFirstRequest(Delegate handler, RequestDelegateFactoryOptions options, RequestDelegateMetadataResult? metadata)
    {
        var call = new Lazy<RequestDelegate>(() => RequestDelegateFactory.Create(handler, options, metadata).RequestDelegate);
        return new RequestDelegateResult(context => call.Value(context), metadata?.EndpointMetadata ?? []);
    }
}
