namespace ManagedOAuth.Config.Dashboard.Pages.IdentityProviders;

/// <summary>The tabs of an identity provider.</summary>
public static class ProviderTabs
{
    /// <summary>None where there is no directory that could provision anybody.</summary>
    public static IReadOnlyList<(string Path, string Text)> Of(string id, string type) => type == "onetimepin" || id.Length == 0
        ? []
        :
        [
            ($"/identity-providers/{id}", "Settings"),
            ($"/identity-providers/{id}/scim", "Provisioning"),
            ($"/identity-providers/{id}/scim/users", "Provisioned users"),
            ($"/identity-providers/{id}/scim/groups", "Provisioned groups"),
            ($"/identity-providers/{id}/scim/updates", "Updates"),
            ($"/identity-providers/{id}/history", "History"),
        ];
}
