namespace ManagedOAuth.Config.Api;

/// <summary>How routes that change an object are mapped.</summary>
public static class WriteRoutes
{
    private static readonly string[] s_methods = [HttpMethods.Put, HttpMethods.Patch];

    /// <summary>PUT (the whole object) and PATCH (JSON Merge Patch, RFC 7396) by one handler, which calls <c>ObjectEndpoints.Replace</c>.</summary>
    public static RouteHandlerBuilder MapReplace(this IEndpointRouteBuilder routes, string pattern, Delegate handler) => routes.MapMethods(pattern, s_methods, handler);
}
