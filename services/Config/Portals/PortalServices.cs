using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

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
        services.AddServiceClient<UpstreamCredentials.UpstreamCredentialsClient>("authorization-server");
    }
}
