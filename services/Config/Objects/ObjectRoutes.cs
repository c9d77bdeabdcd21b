using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Objects;

/// <summary>The routes that the kinds of objects have in common.</summary>
public static class ObjectRoutes
{
    /// <summary>The collection of a kind, with list, read, create, replace, change and remove.</summary>
    public static RouteGroupBuilder MapObjects<TState, TObject>(this IEndpointRouteBuilder routes)
        where TState : ConfigurationRecord
        where TObject : ConfigurationObject<TState>, new()
    {
        var objects = routes.MapReads<TState, TObject>();
        objects.MapPost("/", (HttpRequest request, ObjectEndpoints<TState, TObject> endpoints, CancellationToken ct) => endpoints.Create(request, ct));
        objects.MapReplace("/{id:guid}", (Guid id, HttpRequest request, ObjectEndpoints<TState, TObject> endpoints, CancellationToken ct) => endpoints.Replace(id, request, ct));
        objects.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<TState, TObject> endpoints, CancellationToken ct) => endpoints.Remove(id, ct));
        return objects;
    }

    /// <summary>The collection of a kind whose changes are its own, with list and read.</summary>
    public static RouteGroupBuilder MapReads<TState, TObject>(this IEndpointRouteBuilder routes)
        where TState : ConfigurationRecord
        where TObject : ConfigurationObject<TState>, new()
    {
        var objects = routes.MapCollection<TState, TObject>();
        objects.MapGet("/{id:guid}", (Guid id, ObjectEndpoints<TState, TObject> endpoints, CancellationToken ct) => endpoints.Get(id, ct));
        return objects;
    }

    /// <summary>The collection of a kind whose objects have addresses of their own, with list.</summary>
    public static RouteGroupBuilder MapCollection<TState, TObject>(this IEndpointRouteBuilder routes)
        where TState : ConfigurationRecord
        where TObject : ConfigurationObject<TState>, new()
    {
        ArgumentNullException.ThrowIfNull(routes);
        var kind = routes.ServiceProvider.GetRequiredService<ObjectKind<TState, TObject>>();
        var objects = routes.MapGroup($"/{kind.Path}").RequirePermission(kind.Permissions.Read!.Value, kind.Permissions.Write!.Value);
        var list = objects.MapGet("/", (HttpRequest request, ObjectEndpoints<TState, TObject> endpoints) => endpoints.List(request));
        foreach (var (name, description) in kind.Narrows)
        {
            list.Describe(name, "string", description);
        }

        list.DescribePage();
        return objects;
    }
}
