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
        services.AddSingleton<SealedTokens>();
        services.AddSingleton<UpstreamLoginReader>();
        services.AddSingleton<UpstreamLogins>();
        services.AddSingleton<UpstreamTurns>();
        services.AddSingleton<UpstreamRefresher>();
        services.AddSingleton<UpstreamVault>();
        services.AddSingleton<UpstreamEndings>();
        services.AddSingleton<UpstreamFlows>();
        services.AddSingleton<UpstreamConnections>();
        services.AddOptions<UpstreamRenewalOptions>().BindConfiguration(UpstreamRenewalOptions.Section).Validate(
            settings => settings.IsValid, "Upstream:RenewAfter is 0s or from 1h to 8760h, Upstream:RenewFor from 24h to 87600h").ValidateOnStart();
        services.AddHostedService<UpstreamRenewals>();
    }
}
