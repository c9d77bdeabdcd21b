using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals;

/// <summary>The application of type <c>mcp_portal</c> that stands for a portal.</summary>
internal static class PortalApplication
{
    /// <summary>That of a new portal. Managed OAuth is on, and clients on the user's own machine may register: a portal is there to be used by them.</summary>
    public static Application New(McpPortal portal, string audience, IReadOnlyList<PolicyReference> policies, OAuthConfiguration? oauth) => new()
    {
        Id = portal.ApplicationId,
        Aud = audience,
        Type = ApplicationType.McpPortal,
        Name = portal.Name,
        Domain = portal.Hostname,
        Policies = policies,
        OauthConfiguration = oauth ?? new OAuthConfiguration { DynamicClientRegistration = new DynamicClientRegistration { AllowAnyOnLocalhost = true, AllowAnyOnLoopback = true } },
    };

    /// <summary>The application after a change of its portal; null when it stays as it is. A name of its own stays.</summary>
    public static Application? Following(Application application, McpPortal before, McpPortal after)
    {
        var followed = application with { Domain = after.Hostname, Name = application.Name == before.Name ? after.Name : application.Name };
        return followed.Domain == application.Domain && followed.Name == application.Name ? null : followed;
    }
}
