using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Policies;

/// <summary><c>/access/policies</c>: reusable policies.</summary>
public static class PolicyEndpoints
{
    public static void MapPolicies(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var policies = access.MapGroup("/policies").RequirePermission(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);
        policies.MapGet("/", (HttpRequest request, ObjectEndpoints<Policy, PolicyObject> endpoints) => endpoints.List(request, policy => policy.Name));
        policies.MapGet("/{id:guid}", (Guid id, ObjectEndpoints<Policy, PolicyObject> endpoints, CancellationToken ct) => endpoints.Get(id, ct));
        policies.MapPost("/", (HttpRequest request, ObjectEndpoints<Policy, PolicyObject> endpoints, CancellationToken ct)
            => endpoints.Create(request, (body, id, snapshot) => PolicyReader.Read(body, id, reusable: true, snapshot), ct));
        policies.MapReplace("/{id:guid}", (Guid id, HttpRequest request, ObjectEndpoints<Policy, PolicyObject> endpoints, CancellationToken ct)
            => endpoints.Replace(id, request, (body, existing, snapshot) => PolicyReader.Read(body, id, existing.Reusable, snapshot), ct));
        policies.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<Policy, PolicyObject> endpoints, CancellationToken ct)
            => endpoints.Remove(id, ct, status: StatusCodes.Status202Accepted));
    }
}
