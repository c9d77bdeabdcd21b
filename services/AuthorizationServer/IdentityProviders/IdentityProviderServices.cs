using ManagedOAuth.AuthorizationServer.IdentityProviders.GitHub;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;
using ManagedOAuth.AuthorizationServer.Login.Provider;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders;

/// <summary>What logging in at other servers is made of.</summary>
internal static class IdentityProviderServices
{
    public static void AddIdentityProviders(this IServiceCollection services)
    {
        services.AddOutbound();
        services.AddSingleton<ProviderHttp>();
        services.AddSingleton<OidcDiscovery>();
        services.AddSingleton(provider => new PublicKeys(provider.GetRequiredService<ProviderHttp>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ClientAuthentication>();
        services.AddSingleton<OidcTokens>();
        services.AddSingleton<IdTokenReader>();
        services.AddSingleton<IProvider, OidcProvider>();
        services.AddSingleton<GitHubApi>();
        services.AddSingleton<IProvider, GitHubProvider>();
        services.AddSingleton<Providers>();
        services.AddSingleton<ProviderStates>();
        services.AddSingleton<ProviderLogins>();
        services.AddSingleton<ProviderTrials>();
        services.AddSingleton<ProviderGrants>();
        services.AddSingleton<CurrentIdentities>();
    }
}
