namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary>URNs of RFC 7643 and RFC 7644, and the limits of this service.</summary>
public static class ScimSchemas
{
    public const string User = "urn:ietf:params:scim:schemas:core:2.0:User";
    public const string EnterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    public const string Group = "urn:ietf:params:scim:schemas:core:2.0:Group";
    public const string ListResponse = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
    public const string PatchOp = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    public const string Error = "urn:ietf:params:scim:api:messages:2.0:Error";

    /// <summary>RFC 7644 §8.1.</summary>
    public const string MediaType = "application/scim+json";

    /// <summary>Longest body, in bytes.</summary>
    public const int MaximumBody = 1024 * 1024;

    /// <summary>Longest resource, in characters of JSON, without the members of a group.</summary>
    public const int MaximumResource = 32 * 1024;

    /// <summary>Most resources on one page.</summary>
    public const int MaximumPage = 200;

    /// <summary>Most members of one group.</summary>
    public const int MaximumMembers = 10_000;

    /// <summary>Most operations of one PATCH.</summary>
    public const int MaximumOperations = 1000;
}
