using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.Portals.Catalogs;

/// <summary>The stream of what a server offers ends with the server.</summary>
internal static class CatalogStreams
{
    public static void Remove(McpServer server, ConfigurationDraft draft)
    {
        if (draft.Snapshot.McpCatalogs.TryGetValue(McpCatalog.IdOf(server.Id), out var catalog))
        {
            draft.Append<McpCatalogObject>(catalog.Id, draft.VersionOf(catalog.Id) + 1, new McpCatalogRemoved(catalog.Id));
        }
    }
}
