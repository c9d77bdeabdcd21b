using ManagedOAuth.Config.Portals.Alerts;
using ManagedOAuth.Config.Portals.Catalogs;
using ManagedOAuth.Config.Portals.Log;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Config.Portals.Sync;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Contracts.Upstream;

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
        services.AddOutbound();
        services.AddServiceClient<UpstreamCredentials.UpstreamCredentialsClient>("authorization-server");
        services.AddServiceClient<ReadingAssertions.ReadingAssertionsClient>("token");
        services.AddSingleton<ServerCredentials>();
        services.AddSingleton<ServerReader>();
        services.AddSingleton<ServerSync>();
        services.AddSingleton<SyncRunner>();
        services.AddAfterStartupSteps(later => later.AddHostedService(provider => provider.GetRequiredService<SyncRunner>()));
        services.AddSingleton<AlertWatch>();
        services.AddAfterStartupSteps(later => later.AddHostedService(provider => provider.GetRequiredService<AlertWatch>()));
        services.AddOptions<PortalLogOptions>().BindConfiguration(PortalLogOptions.Section)
            .Validate(options => options.IsValid, "PortalLog:Retention is a duration from 1h to 87600h, such as 2160h.").ValidateOnStart();
        services.AddSingleton<PortalLogStore>();
        services.AddStartupStep<PortalLogStore.SchemaStep>();
        services.AddSingleton<PortalLogSweep>();
        services.AddAfterStartupSteps(later => later.AddHostedService(provider => provider.GetRequiredService<PortalLogSweep>()));
    }

    /// <summary>What can be done with a server besides changing it.</summary>
    public static void MapServerActions(this RouteGroupBuilder servers)
    {
        servers.MapSync();
        servers.MapApproval();
    }
}
