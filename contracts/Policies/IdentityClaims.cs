namespace ManagedOAuth.Contracts.Policies;

/// <summary>Names in <see cref="Identity.Claims"/> that mean the same whoever the identity provider is, and their limits.</summary>
public static class IdentityClaims
{
    /// <summary>
    /// The user's groups. Of an <c>oidc</c> provider: the values of its groups claim. Of <c>github</c>: organizations as <c>org</c> and teams as
    /// <c>org/team</c>, both in lower case.
    /// </summary>
    public const string Groups = "groups";

    /// <summary>How the user was authenticated (RFC 8176), where the provider tells.</summary>
    public const string AuthenticationMethods = "amr";

    /// <summary>Most values of one claim.</summary>
    public const int MaximumValues = 500;

    /// <summary>Longest value, in characters.</summary>
    public const int MaximumValueLength = 1024;

    /// <summary>All names and values together, in characters.</summary>
    public const int MaximumTotalLength = 16 * 1024;
}
