using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Api;

/// <summary>The permissions by name, and which one holds which.</summary>
public static class ApiPermissions
{
    private const string Organizations = "Access: Organizations, Identity Providers, and Groups";

    private static readonly (ApiPermission Permission, string Id, string Name)[] s_all =
    [
        (ApiPermission.Read, "read", "Read everything"),
        (ApiPermission.Write, "write", "Read and write everything"),
        (ApiPermission.AppsAndPoliciesRead, "apps_and_policies_read", "Access: Apps and Policies Read"),
        (ApiPermission.AppsAndPoliciesWrite, "apps_and_policies_write", "Access: Apps and Policies Write"),
        (ApiPermission.AppsAndPoliciesRevoke, "apps_and_policies_revoke", "Access: Apps and Policies Revoke"),
        (ApiPermission.OrganizationsRead, "organizations_read", $"{Organizations} Read"),
        (ApiPermission.OrganizationsWrite, "organizations_write", $"{Organizations} Write"),
        (ApiPermission.ServiceTokensRead, "service_tokens_read", "Access: Service Tokens Read"),
        (ApiPermission.ServiceTokensWrite, "service_tokens_write", "Access: Service Tokens Write"),
        (ApiPermission.AuditLogsRead, "audit_logs_read", "Access: Audit Logs Read"),
        (ApiPermission.ApiTokensRead, "api_tokens_read", "API Tokens Read"),
        (ApiPermission.ApiTokensWrite, "api_tokens_write", "API Tokens Write"),
        (ApiPermission.KeysRead, "keys_read", "Access: Keys Read"),
        (ApiPermission.KeysWrite, "keys_write", "Access: Keys Write"),
    ];

    /// <summary>Every permission: its id in requests and answers, and the original's name for it.</summary>
    public static IReadOnlyList<(ApiPermission Permission, string Id, string Name)> All => s_all;

    /// <summary>The id as it stands in requests and answers.</summary>
    public static string IdOf(ApiPermission permission) => s_all.First(entry => entry.Permission == permission).Id;

    /// <summary>By id or by the original's name.</summary>
    public static ApiPermission? Find(string text)
        => s_all.Where(entry => entry.Id == text || entry.Name == text).Select(entry => (ApiPermission?)entry.Permission).FirstOrDefault();

    /// <summary>Whether who holds these may do what needs that one.</summary>
    public static bool Hold(this IReadOnlyList<ApiPermission> held, ApiPermission needed)
    {
        ArgumentNullException.ThrowIfNull(held);
        return held.Any(permission => permission == needed
            || permission == ApiPermission.Write
            || (permission == ApiPermission.Read && IsRead(needed))
            || permission == WriteOf(needed));
    }

    private static bool IsRead(ApiPermission permission) => permission is ApiPermission.Read or ApiPermission.AppsAndPoliciesRead
        or ApiPermission.OrganizationsRead or ApiPermission.ServiceTokensRead or ApiPermission.AuditLogsRead or ApiPermission.ApiTokensRead or ApiPermission.KeysRead;

    private static ApiPermission? WriteOf(ApiPermission read) => read switch
    {
        ApiPermission.AppsAndPoliciesRead => ApiPermission.AppsAndPoliciesWrite,
        ApiPermission.OrganizationsRead => ApiPermission.OrganizationsWrite,
        ApiPermission.ServiceTokensRead => ApiPermission.ServiceTokensWrite,
        ApiPermission.ApiTokensRead => ApiPermission.ApiTokensWrite,
        ApiPermission.KeysRead => ApiPermission.KeysWrite,
        _ => null,
    };
}
