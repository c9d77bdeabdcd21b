namespace ManagedOAuth.AuthorizationServer.IdentityProviders;

/// <summary>Types of identity providers that can log somebody in.</summary>
public static class ProviderTypes
{
    /// <summary>A code by e-mail: this service itself is the provider.</summary>
    public const string OneTimePin = "onetimepin";

    /// <summary>Any OpenID Connect provider.</summary>
    public const string Oidc = "oidc";

    /// <summary>GitHub, whose login is plain OAuth.</summary>
    public const string GitHub = "github";

    /// <summary>Whether users can log in with a provider of this type.</summary>
    public static bool IsUsable(string type) => type is OneTimePin or Oidc or GitHub;
}
