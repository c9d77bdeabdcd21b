using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders;

/// <summary>Finds who speaks with a type of identity provider.</summary>
public sealed class Providers(IEnumerable<IProvider> providers)
{
    private readonly Dictionary<string, IProvider> _byType = providers.ToDictionary(provider => provider.Type, StringComparer.Ordinal);

    /// <summary>Whoever speaks with this provider; null for one that is no other server (a PIN), or of an unknown type.</summary>
    public IProvider? For(IdentityProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        return _byType.GetValueOrDefault(provider.Type);
    }
}
