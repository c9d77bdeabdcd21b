using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary><c>/access/ai-controls/mcp/servers</c>: a server is addressed by its <c>id</c>, which is a name.</summary>
public static class McpServerEndpoints
{
    public static RouteGroupBuilder MapMcpServers(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var servers = access.MapCollection<McpServer, McpServerObject>();
        servers.MapGet("/{id}", (string id, ConfigurationLog log, ObjectEndpoints<McpServer, McpServerObject> endpoints, CancellationToken ct) => endpoints.Get(UidOf(id, log), ct));
        servers.MapPost("/", (HttpRequest request, ObjectEndpoints<McpServer, McpServerObject> endpoints, CancellationToken ct) => endpoints.Create(request, ct));
        servers.MapReplace("/{id}", (string id, HttpRequest request, ConfigurationLog log, ObjectEndpoints<McpServer, McpServerObject> endpoints, CancellationToken ct)
            => endpoints.Replace(UidOf(id, log), request, ct));
        servers.MapDelete("/{id}", (string id, ConfigurationLog log, ObjectEndpoints<McpServer, McpServerObject> endpoints, CancellationToken ct)
            => endpoints.Remove(UidOf(id, log), ct, StatusCodes.Status200OK));
        servers.MapConnect();
        return servers;
    }

    /// <summary>The stream of the server with this id; empty when there is none.</summary>
    internal static Guid UidOf(string id, ConfigurationLog log)
        => log.Current.Snapshot.McpServers.Values.FirstOrDefault(server => server.ServerId == id)?.Id ?? Guid.Empty;
}
