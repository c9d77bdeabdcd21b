using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Api;

/// <summary>What a route needs, as metadata of the endpoint; the most specific one counts.</summary>
/// <param name="Read">For GET and HEAD; null = any valid token.</param>
/// <param name="Write">For every other method; null = any valid token.</param>
public sealed record RequiredPermission(ApiPermission? Read, ApiPermission? Write)
{
    /// <summary>The permission that a request with this method needs; null = any valid token.</summary>
    public ApiPermission? For(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? Read : Write;
}

/// <summary>Declares permissions on routes and groups.</summary>
public static class RequiredPermissionExtensions
{
    /// <summary>One permission for the route, whatever the method.</summary>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder builder, ApiPermission permission)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new RequiredPermission(permission, permission));

    /// <summary>One permission for GET and HEAD, another for everything else.</summary>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder builder, ApiPermission read, ApiPermission write)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new RequiredPermission(read, write));

    /// <summary>Any valid token may.</summary>
    public static TBuilder AllowAnyPermission<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new RequiredPermission(null, null));

    /// <summary>Refuses to start with a route of the admin API that says nothing about permissions.</summary>
    /// <exception cref="InvalidOperationException">There is one; the message names it.</exception>
    public static void CheckPermissions(this IEndpointRouteBuilder routes, string prefix)
    {
        ArgumentNullException.ThrowIfNull(routes);
        var open = routes.BuildEndpoints().OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText?.StartsWith(prefix, StringComparison.Ordinal) == true)
            .Where(endpoint => endpoint.Metadata.GetMetadata<RequiredPermission>() is null)
            .Select(endpoint => endpoint.DisplayName)
            .ToList();
        if (open.Count > 0)
        {
            throw new InvalidOperationException($"These routes declare no permission (RequirePermission or AllowAnyPermission): {string.Join(", ", open)}");
        }
    }
}
