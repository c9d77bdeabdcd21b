using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary><c>/access/identity_providers</c>.</summary>
public static class IdentityProviderEndpoints
{
    public static void MapIdentityProviders(this RouteGroupBuilder access) => access.MapObjects<IdentityProvider, IdentityProviderObject>().MapProviderTests();
}
