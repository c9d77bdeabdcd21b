namespace ManagedOAuth.AuthorizationServer.Scim.Patching;

/// <summary>The spelling of the attributes of RFC 7643, for providers that write them otherwise.</summary>
public static class ScimNames
{
    private static readonly Dictionary<string, string> s_known = new[]
    {
        "userName", "externalId", "displayName", "nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone", "active", "name", "formatted",
        "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix", "emails", "phoneNumbers", "ims", "photos", "addresses", "entitlements", "roles",
        "x509Certificates", "members", "value", "type", "primary", "display", "employeeNumber", "costCenter", "organization", "division", "department", "manager", "schemas",
        ScimSchemas.EnterpriseUser,
    }.ToDictionary(name => name, StringComparer.OrdinalIgnoreCase);

    public static string Canonical(string name) => s_known.GetValueOrDefault(name, name);
}
