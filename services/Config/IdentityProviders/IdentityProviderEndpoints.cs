using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary><c>/access/identity_providers</c>.</summary>
public static class IdentityProviderEndpoints
{
    public static void MapIdentityProviders(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var providers = access.MapGroup("/identity_providers").RequirePermission(ApiPermission.OrganizationsRead, ApiPermission.OrganizationsWrite);
        providers.MapGet("/", (HttpRequest request, ObjectEndpoints<IdentityProvider, IdentityProviderObject> endpoints) => endpoints.List(request, provider => provider.Name));
        providers.MapGet("/{id:guid}", (Guid id, ObjectEndpoints<IdentityProvider, IdentityProviderObject> endpoints, CancellationToken ct) => endpoints.Get(id, ct));
        providers.MapPost("/", (HttpRequest request, ObjectEndpoints<IdentityProvider, IdentityProviderObject> endpoints, IdentityProviderReader reader, CancellationToken ct)
            => endpoints.Create(request, reader.Create, ct));
        providers.MapReplace("/{id:guid}", (Guid id, HttpRequest request, ObjectEndpoints<IdentityProvider, IdentityProviderObject> endpoints, IdentityProviderReader reader, CancellationToken ct)
            => endpoints.Replace(id, request, reader.Replace, ct));
        providers.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<IdentityProvider, IdentityProviderObject> endpoints, CancellationToken ct)
            => endpoints.Remove(id, ct, status: StatusCodes.Status202Accepted));
        providers.MapProviderTests();
    }
}
