using ManagedOAuth.AuthorizationServer.Upstream.Connect;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;

namespace ManagedOAuth.AuthorizationServer.Upstream;

/// <summary>What logging in at MCP servers is made of.</summary>
internal static class UpstreamServices
{
    public static void AddUpstream(this IServiceCollection services)
    {
        services.AddSingleton<UpstreamHttp>();
        services.AddSingleton<UpstreamDiscovery>();
        services.AddSingleton<UpstreamClients>();
        services.AddSingleton<UpstreamTokens>();
        services.AddSingleton<UpstreamLogins>();
        services.AddSingleton<UpstreamRefresher>();
        services.AddSingleton<UpstreamVault>();
        services.AddSingleton<UpstreamEndings>();
        services.AddSingleton<UpstreamFlows>();
        services.AddSingleton<UpstreamConnections>();
    }
}
