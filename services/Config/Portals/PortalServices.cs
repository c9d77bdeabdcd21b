using ManagedOAuth.Config.Portals.Servers;

namespace ManagedOAuth.Config.Portals;

/// <summary>What MCP servers and portals are made of.</summary>
internal static class PortalServices
{
    public static void AddPortals(this IServiceCollection services)
    {
        services.AddSingleton<LinkedApplications>();
        services.AddSingleton<ServerApplications>();
        services.AddSingleton<McpServerSecrets>();
        services.AddSingleton<McpOAuthClientReader>();
        services.AddSingleton<McpServerReader>();
        services.AddSingleton<McpServerStatuses>();
        services.AddSingleton<McpPortalReader>();
    }
}
