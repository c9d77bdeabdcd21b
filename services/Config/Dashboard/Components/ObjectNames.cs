using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>The names of objects that others refer to by their ids.</summary>
public static class ObjectNames
{
    /// <summary>The name of today of the object with an id; null where there is none (any more), or its kind may not be read.</summary>
    /// <param name="snapshot">The configuration of now.</param>
    /// <param name="id">The object.</param>
    /// <param name="may">Whether whoever is shown the name has a permission: the same as the object itself takes.</param>
    public static string? Find(ConfigurationSnapshot snapshot, Guid id, Func<ApiPermission, bool> may)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(may);
        return (may(ApiPermission.AppsAndPoliciesRead)
                ? snapshot.Policies.GetValueOrDefault(id)?.Name ?? snapshot.Lists.GetValueOrDefault(id)?.Name ?? snapshot.CustomPages.GetValueOrDefault(id)?.Name
                : null)
            ?? (may(ApiPermission.OrganizationsRead) ? snapshot.Groups.GetValueOrDefault(id)?.Name ?? snapshot.IdentityProviders.GetValueOrDefault(id)?.Name : null)
            ?? (may(ApiPermission.ServiceTokensRead) ? snapshot.ServiceTokens.GetValueOrDefault(id)?.Name : null);
    }
}
