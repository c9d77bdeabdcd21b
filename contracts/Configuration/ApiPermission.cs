using System.Text.Json.Serialization;

namespace ManagedOAuth.Contracts.Configuration;

/// <summary>Permission of an admin API token. The write permission of an area holds its read permission.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ApiPermission>))]
public enum ApiPermission
{
    /// <summary>Every read.</summary>
    Read,
    /// <summary>Everything.</summary>
    Write,
    /// <summary>Applications, policies, grants: see them.</summary>
    AppsAndPoliciesRead,
    /// <summary>Applications and policies: change them.</summary>
    AppsAndPoliciesWrite,
    /// <summary>End grants and sessions.</summary>
    AppsAndPoliciesRevoke,
    /// <summary>Organization, identity providers, groups: see them.</summary>
    OrganizationsRead,
    /// <summary>Organization, identity providers, groups: change them.</summary>
    OrganizationsWrite,
    /// <summary>Service tokens: see them.</summary>
    ServiceTokensRead,
    /// <summary>Service tokens: make, rotate, change, remove.</summary>
    ServiceTokensWrite,
    /// <summary>Logins, histories of grants, the feed of configuration changes.</summary>
    AuditLogsRead,
    /// <summary>API tokens: see them.</summary>
    ApiTokensRead,
    /// <summary>API tokens: make, change, roll, remove; never with more permissions than one's own.</summary>
    ApiTokensWrite,
    /// <summary>Signing keys: see them.</summary>
    KeysRead,
    /// <summary>Signing keys: rotate them.</summary>
    KeysWrite,
}
