using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Groups;

/// <summary><c>/access/groups</c>.</summary>
public static class GroupEndpoints
{
    public static void MapGroups(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var groups = access.MapGroup("/groups").RequirePermission(ApiPermission.OrganizationsRead, ApiPermission.OrganizationsWrite);
        groups.MapGet("/", (HttpRequest request, ObjectEndpoints<Group, GroupObject> endpoints) => endpoints.List(request, group => group.Name));
        groups.MapGet("/{id:guid}", (Guid id, ObjectEndpoints<Group, GroupObject> endpoints, CancellationToken ct) => endpoints.Get(id, ct));
        groups.MapPost("/", (HttpRequest request, ObjectEndpoints<Group, GroupObject> endpoints, CancellationToken ct)
            => endpoints.Create(request, GroupReader.Read, ct));
        groups.MapReplace("/{id:guid}", (Guid id, HttpRequest request, ObjectEndpoints<Group, GroupObject> endpoints, CancellationToken ct)
            => endpoints.Replace(id, request, (body, _, snapshot) => GroupReader.Read(body, id, snapshot), ct));
        groups.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<Group, GroupObject> endpoints, CancellationToken ct)
            => endpoints.Remove(id, ct, status: StatusCodes.Status202Accepted));
    }
}
