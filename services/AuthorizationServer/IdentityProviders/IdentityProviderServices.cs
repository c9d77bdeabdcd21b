using ManagedOAuth.AuthorizationServer.IdentityProviders.GitHub;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Http;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Oidc;
using ManagedOAuth.AuthorizationServer.Login.Provider;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders;

/// <summary>What logging in at other servers is made of.</summary>
internal static class IdentityProviderServices
{
    public static void AddIdentityProviders(this IServiceCollection services)
    {
        services.AddSingleton<ProviderHttp>();
        services.AddSingleton<OidcDiscovery>();
        services.AddSingleton<OidcKeys>();
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
