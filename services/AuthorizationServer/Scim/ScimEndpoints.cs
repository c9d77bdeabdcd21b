using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Scim.Resources;
using ManagedOAuth.AuthorizationServer.Scim.Store;

namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary>
/// Provisioning (SCIM 2.0, RFC 7643 and RFC 7644) at the team domain: below <c>/cdn-cgi/access/scim/v2/{identity provider}</c>, opened by that provider's
/// secret, and about that provider's users and groups alone.
/// </summary>
public static class ScimEndpoints
{
    /// <summary>Each provider's base URL is one segment below.</summary>
    public const string Path = "/cdn-cgi/access/scim/v2";

    /// <summary>Maps everything.</summary>
    public static void MapScim(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var scim = endpoints.MapGroup(Path + "/{provider:guid}").AddEndpointFilter<ScimFilterChain>().LimitBody(ScimSchemas.MaximumBody + 1);
        scim.MapGet("/ServiceProviderConfig", (HttpContext context, CancellationToken _) => Answer(ScimDiscovery.ServiceProviderConfig(ScimCaller.Of(context).BaseUrl)));
        scim.MapGet("/ResourceTypes", (HttpContext context, CancellationToken _) => Answer(List(ScimDiscovery.ResourceTypes(ScimCaller.Of(context).BaseUrl))));
        scim.MapGet("/ResourceTypes/{id}", (string id, HttpContext context, CancellationToken _) => Answer(Find(ScimDiscovery.ResourceTypes(ScimCaller.Of(context).BaseUrl), id)));
        scim.MapGet("/Schemas", (HttpContext context, CancellationToken _) => Answer(List(ScimDiscovery.Schemas(ScimCaller.Of(context).BaseUrl))));
        scim.MapGet("/Schemas/{id}", (string id, HttpContext context, CancellationToken _) => Answer(Find(ScimDiscovery.Schemas(ScimCaller.Of(context).BaseUrl), id)));
        scim.MapScimUsers();
        scim.MapScimGroups();
    }

    /// <summary>Its parts.</summary>
    public static void AddScim(this IServiceCollection services)
    {
        services.AddSingleton<ScimDirectory>();
        services.AddSingleton<Provisioning>();
        services.AddSingleton<ScimLog>();
    }

    private static ScimResult Answer(JsonObject body) => new(StatusCodes.Status200OK, body);

    private static JsonObject List(IReadOnlyList<JsonObject> all) => ScimJson.Page(all, all.Count, 1);

    private static JsonObject Find(IReadOnlyList<JsonObject> all, string id)
        => all.FirstOrDefault(one => (string?)one["id"] == id) ?? throw ScimException.NotFound("resource");
}
