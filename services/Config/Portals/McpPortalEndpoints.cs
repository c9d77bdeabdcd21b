using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals;

/// <summary><c>/access/ai-controls/mcp/portals</c>: a portal is addressed by its <c>id</c>, which is a name.</summary>
public static class McpPortalEndpoints
{
    public static void MapMcpPortals(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var portals = access.MapCollection<McpPortal, McpPortalObject>();
        portals.MapGet("/{id}", (string id, ConfigurationLog log, ObjectEndpoints<McpPortal, McpPortalObject> endpoints, CancellationToken ct) => endpoints.Get(UidOf(id, log), ct));
        portals.MapPost("/", (HttpRequest request, ObjectEndpoints<McpPortal, McpPortalObject> endpoints, CancellationToken ct) => endpoints.Create(request, ct));
        portals.MapReplace("/{id}", (string id, HttpRequest request, ConfigurationLog log, ObjectEndpoints<McpPortal, McpPortalObject> endpoints, CancellationToken ct)
            => endpoints.Replace(UidOf(id, log), request, ct));
        portals.MapDelete("/{id}", (string id, ConfigurationLog log, ObjectEndpoints<McpPortal, McpPortalObject> endpoints, CancellationToken ct)
            => endpoints.Remove(UidOf(id, log), ct, StatusCodes.Status200OK));
    }

    private static Guid UidOf(string id, ConfigurationLog log)
        => log.Current.Snapshot.McpPortals.Values.FirstOrDefault(portal => portal.PortalId == id)?.Id ?? Guid.Empty;
}
