using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Organizations;

/// <summary><c>/access/organizations</c>: POST sets the organization up, PUT changes it.</summary>
public static class OrganizationEndpoints
{
    public static void MapOrganizations(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var organizations = access.MapGroup("/organizations").RequirePermission(ApiPermission.OrganizationsRead, ApiPermission.OrganizationsWrite);
        organizations.MapGet("/", (ObjectEndpoints<Organization, OrganizationObject> endpoints, CancellationToken ct) => endpoints.Get(OrganizationReader.Id, ct));
        organizations.MapPost("/", Create);
        organizations.MapReplace("/", (HttpRequest request, ObjectEndpoints<Organization, OrganizationObject> endpoints, CancellationToken ct)
            => endpoints.Replace(OrganizationReader.Id, request, ct));
    }

    private static async Task<IResult> Create(HttpRequest request, ConfigurationLog log, ObjectEndpoints<Organization, OrganizationObject> endpoints, CancellationToken ct)
        => log.Current.Snapshot.Organization is null
            ? await endpoints.Create(request, ct)
            : ApiEnvelope.Error(StatusCodes.Status409Conflict, ApiErrors.InUse("the organization has been set up already; change it with PUT"));
}
