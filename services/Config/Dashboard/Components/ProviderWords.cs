namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>Types of identity providers in words.</summary>
public static class ProviderWords
{
    public static string Type(string type) => type switch
    {
        "onetimepin" => "One-time PIN",
        "oidc" => "OpenID Connect",
        "github" => "GitHub",
        _ => type,
    };
}
