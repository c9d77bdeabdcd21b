using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.AuthorizationServer.Metadata;

/// <summary>Makes the metadata of an application from its configuration.</summary>
public static class MetadataDocuments
{
    private const int MaximumPathLength = 512;

    /// <summary>The application's issuer: the origin of its primary address.</summary>
    public static string IssuerOf(Application application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return PublicOrigin.Of(application.Domain);
    }

    /// <summary>
    /// The document for the resource at <paramref name="path"/> of the address that was asked; null for a path that cannot be below the
    /// application's resource, or has characters beyond the unreserved ones (nothing that somebody sent is repeated otherwise).
    /// </summary>
    /// <param name="application">The application at the address.</param>
    /// <param name="publicOrigin">The address: scheme and authority, from configuration.</param>
    /// <param name="path">What followed the well-known name (RFC 9728 §3.1): empty, or a path with its leading slash.</param>
    public static ProtectedResourceMetadata? ProtectedResource(Application application, string publicOrigin, string path)
    {
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(path);
        var resource = path is "" or "/" ? publicOrigin : publicOrigin + path;
        if (!IsPlainPath(path) || !ResourceIndicator.CoveredBy(ApplicationResources.Of(application), resource))
        {
            return null;
        }

        return new ProtectedResourceMetadata
        {
            Resource = resource,
            AuthorizationServers = [IssuerOf(application)],
            ResourceName = application.Name.Length == 0 ? null : application.Name,
        };
    }

    /// <summary>The document of the application's authorization server.</summary>
    public static AuthorizationServerMetadata AuthorizationServer(Application application)
    {
        var issuer = IssuerOf(application);
        return new AuthorizationServerMetadata
        {
            Issuer = issuer,
            AuthorizationEndpoint = issuer + Paths.Authorization,
            TokenEndpoint = issuer + Paths.Token,
            RevocationEndpoint = issuer + Paths.Revocation,
            RegistrationEndpoint = application.OauthConfiguration is { DynamicClientRegistration.Enabled: true } ? issuer + Paths.Registration : null,
        };
    }

    private static bool IsPlainPath(string path)
        => path.Length <= MaximumPathLength && path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '.' or '_' or '~');
}
